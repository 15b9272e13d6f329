"""From a booted machine to a member of its cluster: the state machine and its phases, each of which knows those that may follow it.

Asks the lower rooms and acts on their answers. Must not hold a rule of its own on when a cluster is made: that is `decision`.
"""
