"""Preflight's judgements: pure functions from observed facts to results. Each says what it found and what to do about it.

A failure that nothing on or around the node can mend is FAIL_SEED; one that a person or another machine can mend is FAIL, and is
tried again; WAIT is for what a booting machine lacks only for a while.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import Callable, Iterable, Sequence

from kimg_agent.fitness.facts import MODULES, NO_TIME_SOURCE, SYNCHRONISED, Facts, NetworkAddress, Problem
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.reporting.result import FAIL, FAIL_SEED, WAIT, WARN, Result, passed
from kimg_agent.seed.node import CONTROL_PLANES, LOAD_BALANCER, Image, Node, Subnet
from kimg_agent.seed.trust import InvalidCertificate, pinned

# Seconds. A machine that has no runtime or address after ten minutes will hardly get one by itself; without a time source an
# isolated network must still be able to go on, and certificates are backdated by five minutes.
RUNTIME_LIMIT = 600.0
ADDRESS_LIMIT = 600.0
CLOCK_LIMIT = 60.0
CLOCK_WRONG_LIMIT = 300.0

# How many of a long list are named on the console.
NAMED = 3

RENDER_AGAIN = "render the seed again with `kimg render` and give it to this machine"
BUILD_AGAIN = "build the image again with `kimg build`"

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")

Check = Callable[[Facts], Result]


def examine(facts: Facts) -> tuple[Result, ...]:
    """Every check that this node's kind calls for; all of them, so that one look shows all that is wrong."""
    results = [check(facts) for check in (check_variables, check_files, check_image, check_machine_id)]
    if isinstance(facts.node, Problem):
        return (_bad_node(facts.node), *results)
    node = facts.node
    results += [check_name(facts, node), check_ca(facts, node), check_clock(facts, node), check_address(facts, node)]
    results.append(check_programs(facts, node))
    if node.bootstrap != LOAD_BALANCER:
        results += [check_staged(facts, node), check_swap(facts, node), check_modules(facts), check_sysctls(facts, node)]
        results.append(check_runtime(facts))
        if facts.runtime is None:
            results.append(check_container_images(facts))
    return (passed("node", f"{paths.NODE}: {node.role} of cluster {node.cluster}"), *results)


def _bad_node(problem: Problem) -> Result:
    return Result("node", FAIL_SEED, f"{paths.NODE}: {problem.text}", f"{RENDER_AGAIN}, with the kimg that built the image")


def check_variables(facts: Facts) -> Result:
    places = [place for file in facts.files for place in file.unresolved]
    if places:
        hint = f"cloud-init found no value for it in the instance's meta-data; {RENDER_AGAIN}"
        return Result("variables", FAIL_SEED, f"unresolved variable in {_some(places)}", hint)
    return passed("variables", f"{len(facts.files)} rendered files without an unresolved variable")


def check_files(facts: Facts) -> Result:
    staged = [file for file in facts.files if file.path.startswith(paths.STAGE + "/")]
    empty = [file.path for file in staged if file.size == 0]
    if empty:
        hint = f"a power cut while cloud-init wrote it leaves 0 bytes; {RENDER_AGAIN}, or run `cloud-init clean --reboot`"
        return Result("files", FAIL_SEED, f"no content in {_some(empty)}", hint)
    return passed("files", f"{len(staged)} staged files with content")


def check_staged(facts: Facts, node: Node) -> Result:
    """kubeadm's configuration, and for a control plane its keys."""
    present = {file.path for file in facts.files if file.size > 0}
    wanted = {"kubeadm_config": node.kubeadm_config, "join_config": node.join_config}
    missing = list(dict.fromkeys(path or f"{key} in node.json" for key, path in wanted.items() if path not in present))
    if node.bootstrap in CONTROL_PLANES and not any(path.startswith(paths.PKI + "/") for path in present):
        missing.append(f"{paths.PKI}/*")
    if missing:
        return Result("staged", FAIL_SEED, f"missing: {_some(missing)}", RENDER_AGAIN)
    return passed("staged", node.kubeadm_config)


def check_image(facts: Facts) -> Result:
    if isinstance(facts.image, Problem):
        return Result("image", FAIL_SEED, f"{paths.IMAGE}: {facts.image.text}", BUILD_AGAIN)
    image, node = facts.image, facts.node
    if isinstance(node, Node) and node.bootstrap != LOAD_BALANCER and not image.kubernetes:
        hint = f"start this machine from an image of role {node.role}"
        return Result("image", FAIL_SEED, f"the image of role {image.role} holds no Kubernetes", hint)
    if isinstance(node, Node) and node.role != image.role:
        found = f"the image is of role {image.role}, the seed of role {node.role}"
        return Result("image", WARN, found, "start this machine from an image of its own role")
    return passed("image", f"role {image.role}" + (f", Kubernetes {image.kubernetes}" if image.kubernetes else ""))


def check_machine_id(facts: Facts) -> Result:
    if re.fullmatch(r"[0-9a-f]{32}", facts.machine_id) and facts.machine_id.strip("0"):
        return passed("machine-id", "present")
    found = "/etc/machine-id is " + (
        "empty or missing" if not facts.machine_id else "uninitialized" if facts.machine_id == "uninitialized" else "malformed"
    )
    return Result("machine-id", FAIL, found, "run `systemd-machine-id-setup` and reboot; is / mounted read-only?")


def check_name(facts: Facts, node: Node) -> Result:
    """A node's name, a DNS name in lower case: kubelet takes no other."""
    name = node.name or facts.hostname.lower()
    if not _HOST_NAME.fullmatch(name) or len(name) > 253 or name.split(".")[0] == "localhost":
        where = "node in node.json" if node.name else "the host name"
        hint = "give the instance a name of its own: lower-case letters, digits, dots and hyphens; not localhost"
        return Result("name", FAIL, f"{where} cannot be a node's name", hint)
    return passed("name", name)


def check_ca(facts: Facts, node: Node) -> Result:
    if isinstance(facts.certificates, Problem):
        return Result("ca", FAIL_SEED, f"{paths.CA}: {facts.certificates.text}", RENDER_AGAIN)
    try:
        pinned(facts.certificates, node.ca_hash)
    except InvalidCertificate as error:
        return Result("ca", FAIL_SEED, f"{paths.CA}: {error}", f"the seed mixes two clusters; {RENDER_AGAIN}")
    return passed("ca", f"sha256:{node.ca_hash}")


def check_clock(facts: Facts, node: Node) -> Result:
    wrong = _outside_validity(facts, node)
    if wrong and facts.clock == SYNCHRONISED:
        return Result("clock", FAIL, wrong, "the clock is synchronised, so the CA or the time server is wrong: compare both")
    if wrong:
        hint = "set the clock (`date -s`, or the firmware's) or give this machine a time server"
        return Result("clock", WAIT, wrong, hint, CLOCK_WRONG_LIMIT, FAIL)
    if facts.clock == SYNCHRONISED:
        return passed("clock", "synchronised")
    hint = "give this machine a time server: certificates fail when clocks differ by more than five minutes"
    if facts.clock == NO_TIME_SOURCE:
        return Result("clock", WARN, "no time synchronisation is set up", hint)
    return Result("clock", WAIT, "not synchronised", hint, CLOCK_LIMIT, WARN)


def _outside_validity(facts: Facts, node: Node) -> str:
    """Empty when the clock is inside the validity of the cluster's CA, or when that CA cannot be read."""
    certificates = () if isinstance(facts.certificates, Problem) else facts.certificates
    for ca in certificates:
        if ca.public_key_hash == node.ca_hash and not ca.not_before <= facts.now <= ca.not_after:
            return f"it is {_minute(facts.now)} here; the CA is valid {_minute(ca.not_before)} to {_minute(ca.not_after)}"
    return ""


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def check_address(facts: Facts, node: Node) -> Result:
    """Exactly one address for each IP family of the node subnets."""
    if not node.node_subnets:
        return passed("address", "no node subnet named")
    if isinstance(facts.addresses, Problem):
        return Result("address", FAIL, facts.addresses.text, "is iproute2 in the image?")
    subnets = {version: [net for net in node.node_subnets if net.version == version] for version in (4, 6)}
    chosen = {v: _chosen(facts.addresses, nets, node.endpoint) for v, nets in subnets.items() if nets}
    names = ", ".join(str(net) for net in node.node_subnets)
    many = [found for matching in chosen.values() if len(matching) > 1 for found in matching]
    if many:
        hint = "leave one, or narrow network.nodes in cluster.yaml"
        return Result("address", FAIL, f"more than one address in {names}: {_some(map(_place, many))}", hint)
    missing = [version for version, matching in chosen.items() if not matching]
    if missing:
        family = " and ".join(f"IPv{version}" for version in missing)
        hint = f"it has {_some(map(_place, facts.addresses)) or 'no address'}; look at DHCP, the cable, the seed's network-config"
        return Result("address", WAIT, f"no {family} address in {names}", hint, ADDRESS_LIMIT, FAIL)
    return passed("address", _some(_place(found) for matching in chosen.values() for found in matching))


def _chosen(found: Iterable[NetworkAddress], subnets: Sequence[Subnet], endpoint: Endpoint) -> list[NetworkAddress]:
    """The endpoint's address beside another one floats, and does not count; alone it is the machine's own, as a single master's."""
    matching = [each for each in found if any(each.address in subnet for subnet in subnets)]
    return [each for each in matching if len(matching) == 1 or not _is_endpoint(each, endpoint)]


def _is_endpoint(found: NetworkAddress, endpoint: Endpoint) -> bool:
    try:
        return found.address == ipaddress.ip_address(endpoint.host)
    except ValueError:
        return False


def _place(found: NetworkAddress) -> str:
    return f"{found.address} ({found.interface})"


def check_programs(facts: Facts, node: Node) -> Result:
    wanted = ("haproxy",) if node.bootstrap == LOAD_BALANCER else ("kubelet", "kubeadm")
    missing = [name for name in wanted if name not in facts.programs]
    if missing:
        return Result("programs", FAIL_SEED, f"missing: {', '.join(missing)}", f"{BUILD_AGAIN}, of role {node.role}")
    return passed("programs", ", ".join(wanted))


def check_swap(facts: Facts, node: Node) -> Result:
    if facts.swaps and node.swap_allowed:
        return passed("swap", "on, as the kubelet's configuration allows")
    if facts.swaps:
        hint = "`swapoff -a`, and take it out of /etc/fstab: kubelet does not start with swap"
        return Result("swap", FAIL, f"on: {_some(facts.swaps)}", hint)
    return passed("swap", "off")


def check_modules(facts: Facts) -> Result:
    missing = [name for name in MODULES if name not in facts.modules]
    if missing:
        hint = f"`modprobe {missing[0]}`; is the kernel's module package there?"
        return Result("modules", FAIL, f"not in the kernel: {', '.join(missing)}", hint)
    return passed("modules", ", ".join(MODULES))


def check_sysctls(facts: Facts, node: Node) -> Result:
    wanted = ["net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"]
    if any(subnet.version == 6 for subnet in node.node_subnets):
        wanted += ["net.ipv6.conf.all.forwarding", "net.bridge.bridge-nf-call-ip6tables"]
    wrong = [f"{name} is {facts.sysctls.get(name, 'missing')} (1 is needed)" for name in wanted if facts.sysctls.get(name) != "1"]
    if wrong:
        return Result("sysctls", FAIL, _some(wrong), "`sysctl --system` shows which file sets what")
    return passed("sysctls", ", ".join(wanted))


def check_runtime(facts: Facts) -> Result:
    if isinstance(facts.runtime, Problem):
        hint = "`systemctl status containerd`, `journalctl -u containerd`"
        return Result("runtime", WAIT, f"containerd does not answer: {facts.runtime.text}", hint, RUNTIME_LIMIT, FAIL)
    return passed("runtime", "containerd answers")


def check_container_images(facts: Facts) -> Result:
    if isinstance(facts.images, Problem):
        hint = "`ctr -n k8s.io images ls`, `journalctl -u containerd`"
        return Result("images", WAIT, f"cannot be listed: {facts.images.text}", hint, RUNTIME_LIMIT, FAIL)
    wanted = facts.image.container_images if isinstance(facts.image, Image) else ()
    missing = [name for name in wanted if name not in facts.images]
    if missing:
        hint = f"{BUILD_AGAIN}, or load them with `ctr -n k8s.io images import` and run `systemctl restart kimg-agent`"
        return Result("images", FAIL, f"not in containerd: {_some(missing)}", hint)
    return passed("images", f"{len(wanted)} container images present")


def _some(items: Iterable[str]) -> str:
    every = list(items)
    more = len(every) - NAMED
    return ", ".join(every[:NAMED]) + (f" and {more} more" if more > 0 else "")
