"""Restarts a control plane's static pods so that they read their certificates anew, and says when each one is healthy again.

The container gets SIGTERM, and the kubelet starts a new one at once. kubeadm's documentation has the manifest moved away and back;
that costs longer, and a power cut between the two would leave this node without the component for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import EtcdError
from kimg_agent.kubernetes import kubectl
from kimg_agent.maintenance.timers import MaintenanceFailed, log
from kimg_agent.outside.system import System

API_SERVER = "kube-apiserver"
ETCD = "etcd"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"

# Seconds. kube-apiserver ends its requests first; a slow machine may take minutes to start.
STOP_LIMIT = 180.0
HEALTH_LIMIT = 1200.0
INTERVAL = 1.0

_CTR = ("ctr", "--namespace", "k8s.io")
_LOOK_TIMEOUT = 10.0

# Where the two answer on loopback, to anybody: cmd/kubeadm/app/constants/constants.go, k8s.io/apiserver's "always allowed paths".
_HEALTH_PORTS = {CONTROLLER_MANAGER: 10257, SCHEDULER: 10259}


@dataclass(frozen=True)
class Surroundings:
    """What the restarts need to know of this node, and `between`, which they call while they wait."""

    api_port: int
    between: Callable[[], None]


def running(system: System, component: str) -> frozenset[str]:
    """Ids of its containers that run. MaintenanceFailed when containerd does not say."""
    labels = f'labels."io.kubernetes.container.name"=={component},labels."io.kubernetes.pod.namespace"==kube-system'
    named = _ask(system, "containers", "list", "--quiet", labels).split()
    return frozenset(named) & parse_running(_ask(system, "tasks", "list"))


def parse_running(table: str) -> frozenset[str]:
    """From `ctr tasks list`: a heading, then TASK, PID and STATUS of each."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return frozenset(row[0] for row in rows if len(row) == 3 and row[2] == "RUNNING")


def stop(system: System, component: str, around: Surroundings) -> frozenset[str]:
    """Ends its containers in an orderly way and gives their ids. MaintenanceFailed when one does not end."""
    before = running(system, component)
    for container in sorted(before):
        system.run([*_CTR, "tasks", "kill", "--signal", "SIGTERM", container], _LOOK_TIMEOUT)
    _wait(system, around, STOP_LIMIT, lambda: not before & running(system, component), f"{component} does not end")
    return before


def await_healthy(system: System, component: str, before: frozenset[str], around: Surroundings) -> None:
    """Until a container runs that is not one of `before`, and the component answers that it is well."""

    def look() -> bool:
        return bool(running(system, component) - before) and is_healthy(system, component, around.api_port)

    _wait(system, around, HEALTH_LIMIT, look, f"{component} does not become healthy")
    log(system, f"{component} restarted, and healthy")


def restart(system: System, component: str, around: Surroundings) -> None:
    before = stop(system, component, around)
    await_healthy(system, component, before, around)


def restart_api_server_and_etcd(system: System, around: Surroundings) -> None:
    """The API server ends first: it would go on to take requests that it cannot answer while its etcd is away, and a load balancer
    looks away only from one that is gone or says that it is not ready.
    """
    api_server = stop(system, API_SERVER, around)
    store = stop(system, ETCD, around)
    await_healthy(system, ETCD, store, around)
    await_healthy(system, API_SERVER, api_server, around)


def is_healthy(system: System, component: str, api_port: int) -> bool:
    if component == ETCD:
        return _etcd_is_healthy(system)
    return system.run(_health_command(component, api_port), _LOOK_TIMEOUT).status == 0


def _health_command(component: str, api_port: int) -> tuple[str, ...]:
    if component == API_SERVER:
        return (*kubectl.local(api_port), "get", "--raw", "/readyz")
    # Their certificates are self-signed and in memory only. Nothing is sent there, and the answer is only "ok".
    server = f"--server=https://127.0.0.1:{_HEALTH_PORTS[component]}"
    return (*kubectl.NOBODY, server, "--insecure-skip-tls-verify", "--request-timeout=5s", "get", "--raw", "/healthz")


def _etcd_is_healthy(system: System) -> bool:
    try:
        status = etcd.read_status(system, etcd.local_endpoint(system), etcd.KUBEADM_ACCESS, _LOOK_TIMEOUT)
    except EtcdError:
        return False
    return bool(status.leader) and not status.errors


def _ask(system: System, *arguments: str) -> str:
    done = system.run([*_CTR, *arguments])
    if done.status != 0:
        words = (done.err.strip().splitlines() or [f"ctr ended with {done.status}"])[-1]
        raise MaintenanceFailed(f"containerd: {words}", "`systemctl status containerd`")
    return done.out


def _wait(system: System, around: Surroundings, limit: float, is_over: Callable[[], bool], complaint: str) -> None:
    start = system.monotonic()
    while not is_over():
        if system.monotonic() - start >= limit:
            raise MaintenanceFailed(f"{complaint} within {limit:g} s", "`journalctl -u kubelet`, `kimg-agent doctor`")
        around.between()
        system.sleep(INTERVAL)
