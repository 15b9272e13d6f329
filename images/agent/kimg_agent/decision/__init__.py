"""The rules that keep two clusters from being made of one seed, and a quorum from being lost; and the beacon that one of them rests on.

The rules are pure. Must not act on what they decide: that is `assembly`.
"""
