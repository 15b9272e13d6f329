"""What a control plane's timers do once it is a member: snapshots of etcd, and the renewal of certificates, one master at a time.

Must not know how a node became a member, nor write to the console: that is for machines that are none yet.
"""
