"""What this machine holds until it is a member: how far it has come, what is laid out for kubeadm, its own way in, a recovery.

All of it outlives a cut at any moment, or is made anew. Must not run kubeadm, nor choose the next phase.
"""
