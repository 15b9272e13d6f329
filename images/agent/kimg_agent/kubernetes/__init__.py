"""Kubernetes' own programs: kubeadm and kubectl, what their words mean to people, and whether a join token is known.

Must not decide which of kubeadm's commands is due: that is `assembly`.
"""
