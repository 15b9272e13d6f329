"""etcd, asked through its JSON gateway: its members, their health, and what a list of members means.

Must not decide what is done about a member: `decision` does for a joiner, `maintenance` for a running one.
"""
