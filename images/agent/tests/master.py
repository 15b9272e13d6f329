"""A control plane in memory, for the tests of its maintenance: certificates, containers that restart, an API server with Leases."""

from __future__ import annotations

import base64
import functools
import json
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Callable, Optional, Sequence

from kimg_agent.etcd.health import EtcdHealth
from kimg_agent.etcd.members import Member, Status
from kimg_agent.kubernetes import kubectl
from kimg_agent.maintenance import certificates
from kimg_agent.outside import paths
from kimg_agent.outside.disk import Disk, Space
from kimg_agent.outside.system import Finished
from kimg_agent.seed.trust import read_certificates
from tests.certificates import make_ca
from tests.fake_system import FakeSystem

KEY = b"-----BEGIN EC PRIVATE KEY-----\nsecret\n"
ADMIN = kubectl.with_kubeconfig(paths.ADMIN)
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
LOOK_HEALTHY = Finished(0, "ok", "")


@functools.cache
def pem(days: int) -> bytes:
    """A certificate that ends so many days from now."""
    with tempfile.TemporaryDirectory() as folder:
        return make_ca(Path(folder), "leaf", days).pem.encode()


def kubeconfig(certificate: bytes) -> bytes:
    data = base64.b64encode(certificate).decode()
    return (
        f"apiVersion: v1\nusers:\n- name: x\n  user:\n    client-certificate-data: {data}\n    client-key-data: c2VjcmV0\n".encode()
    )


def leaf_files(certificate: bytes) -> dict[str, bytes]:
    """What `kubeadm certs renew all` writes, all with this certificate."""
    content = {".crt": certificate, ".key": KEY, "conf": kubeconfig(certificate)}
    return {path: content[path[-4:]] for path in certificates.renewed_files()}


def ca_file() -> dict[str, bytes]:
    """The cluster's CA, as kubeadm has it on each control plane."""
    return {paths.KUBERNETES_PKI + "/ca.crt": pem(3650)}


@dataclass
class ApiServer:
    """Keeps one Lease as an API server does: every change must name the version that it changes."""

    system_now: Callable[[], float]
    lease: Optional[dict[str, object]] = None
    version: int = 0
    up: bool = True
    # (time, holder) of every change.
    history: list[tuple[float, str]] = field(default_factory=list)

    def kubectl(self, words: Sequence[str], given: str) -> Finished:
        if not self.up:
            return Finished(1, "", "Unable to connect to the server")
        if "get" in words:
            return Finished(0, json.dumps(self.lease) if self.lease else "", "")
        sent = json.loads(given)
        wanted = sent["metadata"].get("resourceVersion")
        if "create" in words and self.lease:
            return Finished(1, "", "Error from server (AlreadyExists)")
        if "replace" in words and (not self.lease or wanted != str(self.version)):
            return Finished(1, "", "Error from server (Conflict)")
        self.version += 1
        sent["metadata"]["resourceVersion"] = str(self.version)
        self.lease = sent
        self.history.append((self.system_now(), sent["spec"].get("holderIdentity", "")))
        return Finished(0, json.dumps(sent), "")


class FakeMaster(FakeSystem):
    """Its containers come back by themselves some seconds after they were killed, as the kubelet does it."""

    def __init__(self, name: str = "cp1", api: Optional[ApiServer] = None) -> None:
        super().__init__()
        self.name = name
        self.api = api or ApiServer(self.monotonic)
        self.files = {paths.STATIC_PODS + "/etcd.yaml": b"    image: registry.k8s.io/etcd:3.7.0-0\n", **leaf_files(pem(100))}
        self.clock = read_certificates(pem(100))[0].not_before
        # Of each component: its container, and from when on it runs.
        self.containers = {name: (f"{name}-0", 0.0) for name in COMPONENTS}
        self.restart_seconds = 3.0
        self.healthy_seconds = 5.0
        self.events: list[str] = []
        # A killed container stays.
        self.stubborn = False

    def days_before_the_end(self, days: float) -> None:
        self.clock = read_certificates(pem(100))[0].not_after - timedelta(days=days)

    def run(self, command: Sequence[str], timeout: float = 30.0, given: str = "") -> Finished:
        words = tuple(command)
        if words[: len(ADMIN)] == ADMIN:
            self.ran.append(words)
            return self.api.kubectl(words, given)
        if words[:1] == ("ctr",) and (found := self._ctr(words[3:])):
            self.ran.append(words)
            return found
        if words[:1] == ("kubectl",):
            self.ran.append(words)
            return Finished(0, "ok", "") if self._is_healthy(words) else Finished(1, "", "connection refused")
        return super().run(command, timeout, given)

    def _ctr(self, words: tuple[str, ...]) -> Optional[Finished]:
        if words[:2] == ("containers", "list"):
            name = words[-1].split(",")[0].partition("==")[2]
            return Finished(0, self.containers[name][0] + "\n" + name + "-exited\n", "")
        if words[:2] == ("tasks", "list"):
            rows = [f"{container}    123    RUNNING" for container, since in self.containers.values() if since <= self.elapsed]
            return Finished(0, "\n".join(["TASK    PID    STATUS", *rows, "etcd-exited    99    STOPPED"]) + "\n", "")
        if words[:2] == ("tasks", "kill"):
            component = words[-1].rpartition("-")[0]
            self.events.append(f"stop {component}")
            if not self.stubborn:
                count = int(words[-1].rpartition("-")[2]) + 1
                self.containers[component] = (f"{component}-{count}", self.elapsed + self.restart_seconds)
            return Finished(0, "", "")
        return None

    def _is_healthy(self, words: tuple[str, ...]) -> bool:
        ports = {"https://127.0.0.1:10257": "kube-controller-manager", "https://127.0.0.1:10259": "kube-scheduler"}
        server = next(word.partition("=")[2] for word in words if word.startswith("--server="))
        return self.component_is_healthy(ports.get(server, "kube-apiserver"))

    def component_is_healthy(self, name: str) -> bool:
        return self.elapsed >= self.containers[name][1] + self.healthy_seconds or self.containers[name][1] == 0.0

    def etcd_status(self) -> Status:
        """For a patch of etcd.read_status."""
        return Status(1 if self.component_is_healthy("etcd") else 0, 1, 20 << 20, "3.7.0", 100, ())


class FakeDisk(Disk):
    def __init__(self, system: FakeSystem) -> None:
        self.system = system
        self.found = Space(1, 50 << 30, 100 << 30, 1000, 2000)
        self.absent: tuple[str, ...] = ()

    def space(self, path: str) -> Space:
        if path in self.absent:
            raise FileNotFoundError(2, "No such file or directory")
        return self.found

    def write(self, path: str, pieces: object, mode: int) -> int:
        assert mode == 0o600
        self.system.files[path] = b""
        for piece in pieces:  # type: ignore[attr-defined]
            self.system.files[path] += piece
        return len(self.system.files[path])

    def rename(self, source: str, target: str) -> None:
        self.system.files[target] = self.system.files.pop(source)

    def size(self, path: str) -> int:
        return len(self.system.files.get(path, b""))


def members(*names: str) -> tuple[Member, ...]:
    """Voters that have started, with ids from 1 on."""
    return tuple(Member(i, name, (f"https://{name}:2380",), (f"https://{name}:2379",), False) for i, name in enumerate(names, 1))


def etcd_health(healthy: int, count: int = 3, leader: int = 1, errors: tuple[str, ...] = ()) -> EtcdHealth:
    """Of a cluster in which so many of the other members answer; this node's own has the id 1."""
    every = members(*[f"cp{number}" for number in range(1, count + 1)])
    return EtcdHealth("", Status(leader, 1, 20 << 20, "3.7.0", 100, errors), every, every[1 + healthy :])
