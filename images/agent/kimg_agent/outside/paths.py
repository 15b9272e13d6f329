"""Where things are on a node. docs/architecture.md, "On the node", is the list for people."""

STAGE = "/etc/kimg"
NODE = STAGE + "/node.json"
IMAGE = STAGE + "/image.json"
CA = STAGE + "/ca.crt"
PKI = STAGE + "/pki"
KUBEADM = STAGE + "/kubeadm"
MANIFESTS = STAGE + "/manifests"

# Everything that the seed's templates may have written; a folder that a role does not have is skipped.
RENDERED = (STAGE, "/etc/haproxy", "/etc/keepalived")

REPORT = "/var/lib/kimg/report.json"
STATE = "/var/lib/kimg/state.json"
SENTINEL = "/var/lib/kimg/bootstrapped"
LOCK = "/run/kimg-agent.lock"
# In memory: keys of the agent's own, gone with the next boot.
RUN = "/run/kimg"

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

# kubeadm's: cmd/kubeadm/app/constants/constants.go.
KUBERNETES = "/etc/kubernetes"
KUBERNETES_PKI = KUBERNETES + "/pki"
STATIC_PODS = KUBERNETES + "/manifests"
ADMIN = KUBERNETES + "/admin.conf"
KUBELET_CREDENTIALS = KUBERNETES + "/kubelet.conf"
BOOTSTRAP_CREDENTIALS = KUBERNETES + "/bootstrap-kubelet.conf"
KUBELET = "/var/lib/kubelet"
ETCD = "/var/lib/etcd"
ETCD_MEMBER = ETCD + "/member"
ETCD_CLIENT = KUBERNETES_PKI + "/etcd/healthcheck-client"
