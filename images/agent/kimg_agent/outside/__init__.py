"""The world outside: files, programs, clock, sockets, and where things are on a node. Every effect of the agent goes through here.

Tests put a fake in its place. Must not judge what it sees, and knows nothing of the agent's other rooms.
"""
