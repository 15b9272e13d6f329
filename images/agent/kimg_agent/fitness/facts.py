"""Observes the machine and its staged files. Says what is there and judges nothing: that is `checks`."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping, Optional, Union

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.seed.node import Address, Image, InvalidInput, Node, parse_image, parse_node
from kimg_agent.seed.trust import Certificate, InvalidCertificate, read_certificates

SYNCHRONISED = "synchronised"
UNSYNCHRONISED = "unsynchronised"
NO_TIME_SOURCE = "no time source"

PROGRAMS = ("haproxy", "kubeadm", "kubelet")
SYSCTLS = (
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    "net.bridge.bridge-nf-call-iptables",
    "net.bridge.bridge-nf-call-ip6tables",
)
MODULES = ("overlay", "br_netfilter")

# cloud-init puts this where a jinja variable has no value: cloudinit/templater.py, MISSING_JINJA_PREFIX.
_UNRESOLVED = b"CI_MISSING_JINJA_VAR/"
_KEY = re.compile(rb"""^\s*(?:-\s+)?["']?([A-Za-z][A-Za-z0-9_.-]{0,60})["']?\s*[:=]""")


@dataclass(frozen=True)
class Problem:
    """Something that could not be observed, and why."""

    text: str


@dataclass(frozen=True)
class RenderedFile:
    path: str
    size: int
    # "PATH:LINE (KEY)" of each unresolved variable. The key before it, not the text around it: that may be a secret.
    unresolved: tuple[str, ...]


@dataclass(frozen=True)
class NetworkAddress:
    interface: str
    address: Address


@dataclass(frozen=True)
class Facts:
    node: Union[Node, Problem]
    image: Union[Image, Problem]
    certificates: Union[tuple[Certificate, ...], Problem]
    files: tuple[RenderedFile, ...]
    hostname: str
    machine_id: str
    now: datetime
    clock: str
    swaps: tuple[str, ...]
    # Of MODULES, those that the kernel has, loaded or built in.
    modules: frozenset[str]
    # Of SYSCTLS, those that exist.
    sysctls: Mapping[str, str]
    runtime: Optional[Problem]
    images: Union[frozenset[str], Problem]
    addresses: Union[tuple[NetworkAddress, ...], Problem]
    # Of PROGRAMS, those on PATH.
    programs: frozenset[str]


def observe(system: System) -> Facts:
    runtime = _runtime(system)
    return Facts(
        node=_node(system),
        image=_image(system),
        certificates=_certificates(system),
        files=tuple(_rendered(system, path) for root in paths.RENDERED for path in system.list_files(root)),
        hostname=system.hostname(),
        machine_id=_text(system, "/etc/machine-id").strip(),
        now=system.now(),
        clock=_clock(system),
        swaps=tuple(line.split()[0] for line in _text(system, "/proc/swaps").splitlines()[1:] if line.strip()),
        modules=frozenset(name for name in MODULES if _has_module(system, name)),
        sysctls=_sysctls(system),
        runtime=runtime,
        images=runtime if isinstance(runtime, Problem) else _images(system),
        addresses=_addresses(system),
        programs=frozenset(name for name in PROGRAMS if system.find_program(name)),
    )


def _unreadable(error: OSError) -> Problem:
    return Problem((error.strerror or "cannot be read").lower())


def _text(system: System, path: str) -> str:
    """Empty when it is not there: each caller treats both alike."""
    try:
        return system.read(path).decode("utf-8", "replace")
    except OSError:
        return ""


def _node(system: System) -> Node | Problem:
    try:
        return parse_node(system.read(paths.NODE))
    except InvalidInput as error:
        return Problem(str(error))
    except OSError as error:
        return _unreadable(error)


def _image(system: System) -> Image | Problem:
    try:
        return parse_image(system.read(paths.IMAGE))
    except InvalidInput as error:
        return Problem(str(error))
    except OSError as error:
        return _unreadable(error)


def _certificates(system: System) -> tuple[Certificate, ...] | Problem:
    try:
        return read_certificates(system.read(paths.CA))
    except InvalidCertificate as error:
        return Problem(str(error))
    except OSError as error:
        return _unreadable(error)


def _rendered(system: System, path: str) -> RenderedFile:
    try:
        data = system.read(path)
    except OSError:
        return RenderedFile(path, 0, ())
    lines = enumerate(data.splitlines(), start=1)
    places = tuple(_place(path, number, line) for number, line in lines if _UNRESOLVED in line)
    return RenderedFile(path, len(data), places)


def _place(path: str, number: int, line: bytes) -> str:
    key = _KEY.match(line.split(_UNRESOLVED)[0])
    return f"{path}:{number}" + (f" ({key.group(1).decode()})" if key else "")


def _clock(system: System) -> str:
    if system.exists("/run/systemd/timesync/synchronized"):
        return SYNCHRONISED
    # timedatectl asks the kernel, so that chrony and ntpd count as well.
    shown = system.run(["timedatectl", "show", "-p", "NTP", "-p", "NTPSynchronized"]).out.split()
    if "NTPSynchronized=yes" in shown:
        return SYNCHRONISED
    return NO_TIME_SOURCE if "NTP=no" in shown else UNSYNCHRONISED


def _has_module(system: System, name: str) -> bool:
    """A built-in module need not be under /sys/module, so what each one brings with it counts too."""
    if system.exists(f"/sys/module/{name}"):
        return True
    if name == "overlay":
        return "overlay" in _text(system, "/proc/filesystems").split()
    builtin = _text(system, f"/lib/modules/{system.kernel_release()}/modules.builtin")
    return f"/{name}.ko" in builtin or system.exists("/proc/sys/net/bridge/bridge-nf-call-iptables")


def _sysctls(system: System) -> dict[str, str]:
    values = {name: _text(system, "/proc/sys/" + name.replace(".", "/")).strip() for name in SYSCTLS}
    return {name: value for name, value in values.items() if value}


def _runtime(system: System) -> Problem | None:
    try:
        system.connect_unix(paths.CONTAINERD_SOCKET, timeout=5.0)
    except OSError as error:
        return Problem(f"{paths.CONTAINERD_SOCKET}: {(error.strerror or 'no answer').lower()}")
    return None


def _images(system: System) -> frozenset[str] | Problem:
    listed = system.run(["ctr", "--namespace", "k8s.io", "images", "list", "--quiet"])
    if listed.status != 0:
        last = (listed.err.strip().splitlines() or [f"ctr ended with {listed.status}"])[-1]
        return Problem(last)
    return frozenset(listed.out.split())


def _addresses(system: System) -> tuple[NetworkAddress, ...] | Problem:
    shown = system.run(["ip", "-json", "address", "show", "scope", "global"])
    if shown.status != 0:
        return Problem((shown.err.strip().splitlines() or [f"ip ended with {shown.status}"])[-1])
    try:
        return tuple(_network_addresses(json.loads(shown.out or "[]")))
    except (ValueError, KeyError, TypeError):
        return Problem("ip -json address show: its output is not what iproute2 is known to write")


def _network_addresses(interfaces: list[dict[str, Any]]) -> list[NetworkAddress]:
    """Without privacy and tentative IPv6 addresses: those are not what a node is known by."""
    return [
        NetworkAddress(interface["ifname"], ipaddress.ip_address(info["local"]))
        for interface in interfaces
        for info in interface.get("addr_info", [])
        if "local" in info and not any(info.get(flag) for flag in ("temporary", "deprecated", "tentative", "dadfailed"))
    ]
