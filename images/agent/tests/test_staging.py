"""Laying out, clearing and erasing, in a real folder."""

import os
import tempfile
import unittest
from pathlib import Path

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.state import staging

SECRET = b"-----BEGIN EC PRIVATE KEY----- secret"


class Below(System):
    """The real system with / somewhere else."""

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, path: str, limit: int = 8 << 20) -> bytes:
        return super().read(self.root + path, limit)

    def exists(self, path: str) -> bool:
        return super().exists(self.root + path)

    def is_file(self, path: str) -> bool:
        return super().is_file(self.root + path)

    def list_files(self, root: str) -> list[str]:
        return [path[len(self.root) :] for path in super().list_files(self.root + root)]

    def list_folder(self, path: str) -> list[str]:
        return super().list_folder(self.root + path)

    def write_atomic(self, path: str, data: bytes, mode: int) -> None:
        super().write_atomic(self.root + path, data, mode)

    def erase(self, path: str) -> None:
        super().erase(self.root + path)

    def remove_tree(self, path: str) -> None:
        super().remove_tree(path if path.startswith(self.root) else self.root + path)


class Staging(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.system = Below(folder.name)
        for name in ("ca.crt", "ca.key", "sa.key", "etcd/ca.key"):
            self.put(f"{paths.PKI}/{name}", SECRET)

    def put(self, path: str, data: bytes = b"x") -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def there(self) -> list[str]:
        return self.system.list_files("/")

    def test_pki_is_laid_out_as_kubeadm_wants_it_and_again_over_what_a_power_cut_left(self) -> None:
        self.put("/etc/kubernetes/pki/ca.key", b"")
        for _ in range(2):
            staging.lay_out_pki(self.system)
        for name in ("ca.crt", "etcd/ca.key"):
            path = self.root / "etc/kubernetes/pki" / name
            self.assertEqual((path.read_bytes(), path.stat().st_mode & 0o777), (SECRET, 0o600))

    def test_only_what_kubeadm_made_is_cleared(self) -> None:
        made = ["pki/apiserver.crt", "pki/etcd/server.key", "admin.conf", "super-admin.conf", "kubelet.conf", "scheduler.conf"]
        kept = ["encryption/configuration.yaml", "manifests/etcd.yaml", "pki/ca.crt"]
        for name in made + kept:
            self.put(f"/etc/kubernetes/{name}")
        self.put("/var/lib/etcd/member/wal/0.wal")
        staging.clear_derived(self.system)
        left = self.there()
        for name in made:
            self.assertNotIn(f"/etc/kubernetes/{name}", left)
        for name in kept:
            self.assertIn(f"/etc/kubernetes/{name}", left)
        self.assertIn("/var/lib/etcd/member/wal/0.wal", left)

    def test_erases_every_copy_and_stays_erased(self) -> None:
        instance = "/var/lib/cloud/instances/kimg-prod-cp1"
        copies = [
            *(f"{instance}/user-data.txt", f"{instance}/cloud-config.txt", f"{instance}/obj.pkl", f"{instance}/scripts/runcmd"),
            *("/var/lib/cloud/seed/nocloud/meta-data", "/var/lib/waagent/ovf-env.xml", "/etc/kubernetes/bootstrap-kubelet.conf", "/run/cloud-init/instance-data-sensitive.json"),
            *("/run/cloud-init/combined-cloud-config.json", "/etc/kimg/kubeadm/join.yaml", "/run/kimg/admin.conf", "/run/kimg/pki/etcd/ca.key"),
        ]
        kept = [f"{instance}/sem/config_runcmd", "/etc/kimg/node.json", "/etc/kimg/ca.crt", "/etc/kubernetes/pki/ca.key"]
        for path in copies + kept:
            self.put(path, SECRET)
        os.symlink(instance, self.root / "var/lib/cloud/instance")
        for _ in range(2):
            staging.erase(self.system)
        left = self.there()
        for path in [*copies, f"{paths.PKI}/ca.key"]:
            self.assertNotIn(path, left)
        for path in [*kept, staging.CLOUD_INIT_OFF]:
            self.assertIn(path, left)

    def test_what_is_erased_was_overwritten(self) -> None:
        path = f"{paths.PKI}/ca.key"
        with open(self.root / path.lstrip("/"), "rb") as still_open:
            staging.erase(self.system)
            self.assertEqual(still_open.read(), bytes(len(SECRET)))
