"""A node that passes preflight, for tests to break one thing at a time."""

from __future__ import annotations

import functools
import ipaddress
import json
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest import mock

from kimg_agent.fitness.facts import MODULES, PROGRAMS, SYNCHRONISED, SYSCTLS, Facts, NetworkAddress, RenderedFile
from kimg_agent.outside.system import Finished
from kimg_agent.reporting.report import WAITING, Stop
from kimg_agent.seed.node import Node, parse_image, parse_node
from kimg_agent.seed.trust import Certificate, read_certificates
from tests.certificates import make_ca
from tests.fake_system import FakeSystem

IMAGES = ["registry.k8s.io/pause:3.10.2", "registry.k8s.io/kube-proxy:v1.37.2"]
TOKEN = "abcdef.0123456789abcdef"  # stands for every secret: it must turn up nowhere
LIST_IMAGES = ("ctr", "--namespace", "k8s.io", "images", "list", "--quiet")
SHOW_ADDRESSES = ("ip", "-json", "address", "show", "scope", "global")
SHOW_TIME = ("timedatectl", "show", "-p", "NTP", "-p", "NTPSynchronized")

# What a worker's join asks of other programs.
WORKER_JOINS = {
    ("kubectl", "--kubeconfig=/dev/null"): Finished(1, "", "Error from server (Forbidden)"),
    ("kubeadm", "join"): Finished(0, "[kubelet-start] Starting the kubelet\n", ""),
}


@functools.cache
def ca_pem() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return make_ca(Path(folder), "ca").pem


def ca() -> Certificate:
    return read_certificates(ca_pem().encode())[0]


def node_document(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "cluster": "prod",
        "node": "cp2",
        "role": "master-join",
        "bootstrap": "join-control-plane",
        "endpoint": {"host": "10.0.0.10", "port": 6443},
        "ca_hash": f"sha256:{ca().public_key_hash}",
        "cluster_state": "new",
        "node_subnets": ["10.0.0.0/24"],
        "masters": 2,
        "peers": ["10.0.0.21", "10.0.0.22"],
        "kubeadm_config": "/etc/kimg/kubeadm/join.yaml",
        "join_config": "/etc/kimg/kubeadm/join.yaml",
        "api_port": 6443,
        "ordinal": 1,
        "swap_allowed": False,
        **changes,
    }


def image_document(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "role": "master-join", "kubernetes": "1.37.2", "containerImages": IMAGES, **changes}


def node(**changes: Any) -> Node:
    return parse_node(json.dumps(node_document(**changes)).encode())


def good_facts() -> Facts:
    return Facts(
        node=node(),
        image=parse_image(json.dumps(image_document()).encode()),
        certificates=(ca(),),
        files=tuple(RenderedFile(path, 100, ()) for path in ("/etc/kimg/kubeadm/join.yaml", "/etc/kimg/pki/ca.key")),
        hostname="cp2",
        machine_id="0123456789abcdef0123456789abcdef",
        now=datetime.now(timezone.utc),
        clock=SYNCHRONISED,
        swaps=(),
        modules=frozenset(MODULES),
        sysctls=dict.fromkeys(SYSCTLS, "1"),
        runtime=None,
        images=frozenset(IMAGES),
        addresses=(NetworkAddress("eth0", ipaddress.ip_address("10.0.0.22")),),
        programs=frozenset(PROGRAMS),
    )


def good_system(**node_changes: Any) -> FakeSystem:
    """The machine on which good_facts are observed, but for the clock, which stands at the CA's beginning."""
    system = FakeSystem()
    system.clock = ca().not_before
    system.programs = set(PROGRAMS)
    system.listening = {"/run/containerd/containerd.sock"}
    system.commands[LIST_IMAGES] = Finished(0, "\n".join(IMAGES) + "\n", "")
    system.commands[SHOW_ADDRESSES] = Finished(0, json.dumps([_interface("eth0", "10.0.0.22")]), "")
    system.files = {
        "/etc/kimg/node.json": json.dumps(node_document(**node_changes)).encode(),
        "/etc/kimg/image.json": json.dumps(image_document()).encode(),
        "/etc/kimg/ca.crt": ca_pem().encode(),
        "/etc/kimg/kubeadm/join.yaml": f"discovery:\n  token: {TOKEN}\n".encode(),
        "/etc/kimg/pki/ca.key": b"-----BEGIN EC PRIVATE KEY-----\n",
        "/etc/machine-id": b"0123456789abcdef0123456789abcdef\n",
        "/run/systemd/timesync/synchronized": b"",
        "/proc/swaps": b"Filename\tType\tSize\tUsed\tPriority\n",
        "/sys/module/overlay": b"",
        "/sys/module/br_netfilter": b"",
        "/proc/sys/kernel/random/boot_id": b"first-boot\n",
        "/run/cloud-init/result.json": b"{}\n",
        **{"/proc/sys/" + name.replace(".", "/"): b"1\n" for name in SYSCTLS},
    }
    return system


def _interface(name: str, *addresses: str) -> dict[str, Any]:
    return {"ifname": name, "addr_info": [{"local": address, "scope": "global"} for address in addresses]}


def no_further_than_the_wait() -> "mock._patch[mock.Mock]":
    """The agent stops where it would wait for the cluster: it has decided to join."""
    stop = Stop("wait for the cluster", WAITING, "as far as this test looks")
    return mock.patch("kimg_agent.assembly.wait_for_cluster.WaitForCluster.run", return_value=stop)
