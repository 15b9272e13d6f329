"""kimg's boot agent: turns a booted machine into a member of its cluster, one named phase after the other.

Decisions are pure functions over observed facts; every effect goes through the room `outside`. Python 3.9, standard library only.
Each folder is a room with a concern of its own, and imports only rooms below it: tests/test_layers.py has the order.
"""
