"""Where things are on a node. docs/architecture.md, "On the node", is the list for people."""

STAGE = "/etc/kimg"
NODE = STAGE + "/node.json"
IMAGE = STAGE + "/image.json"
CA = STAGE + "/ca.crt"
PKI = STAGE + "/pki"

# Everything that the seed's templates may have written; a folder that a role does not have is skipped.
RENDERED = (STAGE, "/etc/haproxy", "/etc/keepalived")

REPORT = "/var/lib/kimg/report.json"
LOCK = "/run/kimg-agent.lock"

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
