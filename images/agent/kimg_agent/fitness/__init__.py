"""Is this machine fit to become a node? What is observed of it, and what is thought of that.

Changes nothing on the machine and must not wait: the phase `assembly.preflight` does.
"""
