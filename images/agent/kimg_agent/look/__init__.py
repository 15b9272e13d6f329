"""What a person asks of a node: `kimg-agent status` and `kimg-agent doctor`. Observed now, and put into words.

Must not change anything on the machine or in the cluster.
"""
