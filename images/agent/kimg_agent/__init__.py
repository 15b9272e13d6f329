"""kimg's boot agent: turns a booted machine into a member of its cluster, one named phase after the other.

Decisions are pure functions over observed facts; every effect goes through `system.System`. Python 3.9, standard library only.
"""
