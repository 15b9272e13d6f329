"""A joining master's own way in, made from the staged CAs and kept in memory: a client certificate for etcd, and an administrator's
kubeconfig. kubeadm makes them, as it does on every control plane; the standard library cannot sign.
"""

from __future__ import annotations

from kimg_agent.etcd.gateway import Access
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import Failure, PhaseFailed

PKI = paths.RUN + "/pki"
_CONFIG = paths.RUN + "/client.yaml"

ADMIN = paths.RUN + "/admin.conf"
ETCD = Access(PKI + "/etcd/ca.crt", PKI + "/etcd/healthcheck-client.crt", PKI + "/etcd/healthcheck-client.key")


def make(system: System, endpoint: Endpoint, kubernetes: str) -> None:
    """Anew each time. PhaseFailed when kubeadm cannot."""
    system.remove_tree(PKI)
    system.make_folder(paths.RUN, 0o700)
    for path in system.list_files(paths.PKI):
        system.write_atomic(PKI + path[len(paths.PKI) :], system.read(path), 0o600)
    system.write_atomic(_CONFIG, _configuration(endpoint, kubernetes).encode(), 0o600)
    system.remove_tree(ADMIN)
    for part in (("certs", "etcd-healthcheck-client"), ("kubeconfig", "admin", f"--kubeconfig-dir={paths.RUN}")):
        done = system.run(["kubeadm", "init", "phase", *part, f"--config={_CONFIG}"])
        if done.status != 0:
            words = (done.err.strip().splitlines() or [f"ended with {done.status}"])[0]
            raise PhaseFailed(Failure(f"kubeadm cannot make a client's credentials: {words}", "are the staged CA files whole?"))


def _configuration(endpoint: Endpoint, kubernetes: str) -> str:
    """kubeadm wants an address that it takes for this machine's; it comes into neither of the two (192.0.2.1 is RFC 5737's example)."""
    return f"""apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: 192.0.2.1}}
nodeRegistration: {{name: kimg, criSocket: "unix://{paths.CONTAINERD_SOCKET}"}}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v{kubernetes}
certificatesDir: {PKI}
controlPlaneEndpoint: "{endpoint.authority}"
encryptionAlgorithm: ECDSA-P256
"""
