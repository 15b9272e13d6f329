"""What of the seed is laid out for kubeadm before it runs, cleared away after it was cut off, and erased when the node is a member."""

from __future__ import annotations

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.state import credentials

# cloud-init's copies of what it was given: the seed, its parsed and rendered forms, the meta-data with the tokens (cloudinit/helpers.py,
# Paths.lookups; cloudinit/sources/__init__.py, INSTANCE_JSON_SENSITIVE_FILE), and on Azure what the provisioning drive had
# (cloudinit/sources/DataSourceAzure.py, AGENT_SEED_DIR).
_CLOUD_INIT = (
    "/var/lib/cloud/seed",
    "/var/lib/waagent/ovf-env.xml",
    *(f"/run/cloud-init/{name}.json" for name in ("instance-data-sensitive", "instance-data", "combined-cloud-config")),
)
_INSTANCES = "/var/lib/cloud/instances"
# Of an instance's folder, only what says that something was done stays: semaphores and where the data came from.
_INSTANCE_KEPT = ("sem", "boot-finished", "datasource")

# cloud-init(1): with this file it does nothing at boot.
CLOUD_INIT_OFF = "/etc/cloud/cloud-init.disabled"
_WHY_OFF = b"kimg: this machine is a member of its cluster. cloud-init would read the join data again at each boot.\n"

# kubeadm's, made from the staged CAs or from the cluster: made anew by its next run. A power cut can leave them with 0 bytes.
_DERIVED = ("admin.conf", "super-admin.conf", "controller-manager.conf", "scheduler.conf", "kubelet.conf", "bootstrap-kubelet.conf")


def staged_pki(system: System) -> dict[str, str]:
    """Each staged file and where kubeadm wants it."""
    return {path: paths.KUBERNETES_PKI + path[len(paths.PKI) :] for path in system.list_files(paths.PKI)}


def lay_out_pki(system: System) -> None:
    """Anew each time, whatever is there. A worker has nothing staged: kubeadm refuses one that has a CA already."""
    for source, target in staged_pki(system).items():
        system.write_atomic(target, system.read(source), 0o600)


def clear_derived(system: System) -> None:
    """Leaf certificates and kubeconfigs of a kubeadm init that was cut off. Not etcd's data, and not the static pods' manifests."""
    staged = set(staged_pki(system).values())
    for path in system.list_files(paths.KUBERNETES_PKI):
        if path not in staged:
            system.remove_tree(path)
    for name in _DERIVED:
        system.remove_tree(f"{paths.KUBERNETES}/{name}")


def remains(system: System) -> list[str]:
    """Every file that can make or join a cluster, or is a copy of one; none on a member."""
    # A join that is cut off leaves the token in the bootstrap kubeconfig.
    roots = [paths.PKI, paths.KUBEADM, paths.BOOTSTRAP_CREDENTIALS, *_CLOUD_INIT, credentials.PKI, credentials.ADMIN]
    for instance in system.list_folder(_INSTANCES):
        names = [name for name in system.list_folder(f"{_INSTANCES}/{instance}") if name not in _INSTANCE_KEPT]
        roots += [f"{_INSTANCES}/{instance}/{name}" for name in names]
    return [path for root in roots for path in ([root] if system.is_file(root) else system.list_files(root))]


def erase(system: System) -> None:
    """All that remains, overwritten first. Can be done again and again."""
    for path in remains(system):
        system.erase(path)
    for folder in (paths.PKI, paths.KUBEADM, *_CLOUD_INIT, paths.RUN):
        system.remove_tree(folder)
    system.write_atomic(CLOUD_INIT_OFF, _WHY_OFF, 0o644)
