"""What `kimg-agent doctor` thinks of a machine, beyond preflight's checks: each with the command that shows more or mends it.

`judge_` functions are pure; `check_` functions that take a System look first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Mapping, Sequence

from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.health import EtcdHealth
from kimg_agent.kubernetes import kubectl
from kimg_agent.maintenance import certificates, static_pods
from kimg_agent.maintenance.certificates import Certificates, Leaf
from kimg_agent.maintenance.snapshots import Snapshot
from kimg_agent.maintenance.timers import CERTIFICATES_STATE, SNAPSHOTS_OFF, SNAPSHOTS_STATE, Settings
from kimg_agent.maintenance.timers import FAILED as RUN_FAILED
from kimg_agent.outside import endpoint, paths
from kimg_agent.outside.disk import Space
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.report import FAILED, WAITING
from kimg_agent.reporting.result import FAIL, WARN, Result, passed
from kimg_agent.state import staging

TIMEOUT = 10.0

# Shares of a file system: with less free the kubelet evicts pods (k8s.io/kubernetes, pkg/kubelet/eviction/defaults_linux.go).
_EVICTION = 0.10
_EVICTION_IMAGES = 0.15
_EVICTION_INODES = 0.05
IMAGES = "/var/lib/containerd"

# Nothing warns of a CA's end but this. A CA is not renewed by any timer.
_AUTHORITY_WARNING = timedelta(days=365)


def check_report(report: Mapping[str, Any]) -> Result:
    reason, hint = str(report.get("reason", "")), str(report.get("hint", ""))
    if not report:
        return Result("agent", WARN, f"no report: {paths.REPORT} is not there", "`systemctl status kimg-agent`")
    if report.get("outcome") == FAILED:
        return Result("agent", FAIL, f"failed in {report.get('phase')}: {reason}", hint or "`journalctl -u kimg-agent`")
    if report.get("outcome") == WAITING:
        return Result("agent", WARN, f"waits in {report.get('phase')}: {reason}", hint or "`journalctl -u kimg-agent`")
    return passed("agent", f"{report.get('phase')}: {report.get('outcome')}")


def check_staged_secrets(system: System) -> Result:
    """Of a machine that is a member: nothing that could make or join a cluster may be left."""
    files = staging.remains(system)
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        hint = f"erase what is left: `shred -u {files[0]}`; the agent does so when a machine becomes a member"
        return Result("secrets", FAIL, f"still there: {files[0]}{more}", hint)
    return passed("secrets", "no staged secret is left")


def check_unit(system: System, name: str, unit: str) -> Result:
    shown = system.run(["systemctl", "is-active", unit], TIMEOUT)
    state = shown.out.strip() or "unknown"
    if state == "active":
        return passed(name, f"{unit} is active")
    return Result(name, FAIL, f"{unit} is {state}", f"`systemctl status {unit}`, `journalctl -u {unit} -n 50`")


def check_kubelet_health(system: System) -> Result:
    """What the kubelet says of itself: cmd/kubelet's healthzPort, over plain HTTP on loopback."""
    nobody = (*kubectl.NOBODY, "--server=http://127.0.0.1:10248", "--request-timeout=5s")
    done = system.run((*nobody, "get", "--raw", "/healthz"), TIMEOUT)
    if done.status == 0:
        return passed("kubelet-health", "its /healthz answers ok")
    return Result("kubelet-health", FAIL, f"its /healthz: {kubectl.last_words(done)}", "`journalctl -u kubelet -n 50`")


def check_component(system: System, component: str, api_port: int) -> Result:
    if static_pods.is_healthy(system, component, api_port):
        return passed(component, "healthy")
    hint = f"`ls -l /var/log/pods/kube-system_{component}-*/*/`, `journalctl -u kubelet | grep {component}`"
    return Result(component, FAIL, "does not answer that it is healthy", hint)


def judge_endpoint(asked: Endpoint, answer: Answer) -> Result:
    if answer.kind == endpoint.READY:
        return passed("endpoint", f"{asked.url}: {answer.text}")
    hint = f"`curl -k {asked.url}/readyz`; on a load balancer `systemctl status haproxy`, on a master `kimg-agent doctor`"
    return Result("endpoint", FAIL, f"{asked.url}: {answer.text}", hint)


def judge_space(path: str, space: Space) -> Result:
    """Against the kubelet's own limits: below them it evicts pods, and etcd and containerd come next."""
    name = f"disk:{path}"
    limit = _EVICTION_IMAGES if path == IMAGES else _EVICTION
    free = space.free / space.total if space.total else 1.0
    inodes = space.free_inodes / space.inodes if space.inodes else 1.0
    found = f"{free:.0%} free ({space.free >> 20} MiB), {inodes:.0%} of inodes free"
    hint = f"`df -h {path}`, `du -x -h -d 2 {path} | sort -h | tail`; the kubelet evicts pods below {limit:.0%}"
    if free < limit or inodes < _EVICTION_INODES:
        return Result(name, FAIL, found, hint)
    if free < 2 * limit or inodes < 2 * _EVICTION_INODES:
        return Result(name, WARN, found, hint)
    return passed(name, found)


def judge_certificates(found: Certificates, now: datetime, renew_before: float) -> tuple[Result, ...]:
    results = [Result("certificates", FAIL, f"{one.path}: {one.text}", _mend(one.name)) for one in found.unreadable]
    leaves = [*found.renewed, *([found.kubelet] if found.kubelet else [])]
    results += [result for leaf in leaves if (result := _judge_leaf(leaf, now, renew_before))]
    results += [result for authority in found.authorities if (result := _judge_authority(authority, now))]
    first = certificates.nearest(found.every)
    if results or not first:
        return tuple(results)
    return (passed("certificates", f"the first to end is {first.name}, in {duration(certificates.left(first, now))}"),)


def _judge_leaf(leaf: Leaf, now: datetime, renew_before: float) -> Result | None:
    left = certificates.left(leaf, now)
    if left <= 0:
        return Result("certificates", FAIL, f"{leaf.name} ended {duration(-left)} ago", _mend(leaf.name))
    if now < leaf.not_before:
        return Result("certificates", FAIL, f"{leaf.name} is not valid yet by this machine's clock", "`timedatectl`")
    # The kubelet renews at 70 to 90 % of a certificate's life, so a warning before that would be noise.
    if leaf.name != "kubelet" and certificates.is_due(leaf, now, renew_before):
        return Result("certificates", WARN, f"{leaf.name} ends in {duration(left)}", _mend(leaf.name))
    return None


def _judge_authority(authority: Leaf, now: datetime) -> Result | None:
    left = certificates.left(authority, now)
    if left > _AUTHORITY_WARNING.total_seconds():
        return None
    words = f"the CA {authority.name} ends in {duration(left)}" if left > 0 else f"the CA {authority.name} has ended"
    hint = "https://kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates/"
    return Result("certificates", WARN if left > 0 else FAIL, words, hint)


def _mend(name: str) -> str:
    if name == "kubelet":
        return (
            f"`systemctl restart kubelet`; if that does not help, join it anew: `{paths.BOOTSTRAP_CREDENTIALS}` takes a new token"
        )
    return "`kimg-agent renew-certificates --now`, `kubeadm certs check-expiration`"


def judge_etcd(seen: EtcdHealth) -> Result:
    if seen.problem or not seen.own:
        return Result("etcd", FAIL, f"this node's member does not answer: {seen.problem}", "`journalctl -u kubelet | grep etcd`")
    voters, needed = len(etcd.voters(seen.members)), etcd.quorum(seen.members)
    silent = ", ".join(seen.name_of(member) for member in seen.silent)
    if not seen.own.leader or seen.healthy_others + 1 < needed:
        found = f"no quorum: {seen.healthy_others + 1} of {voters} voters answer, {needed} are needed (not: {silent or 'nobody'})"
        return Result("etcd", FAIL, found, "bring the others back; if they are lost, `kimg recover`")
    if seen.own.errors:
        hint = "NOSPACE: free space or raise --quota-backend-bytes, defragment, then `etcdctl alarm disarm`"
        return Result("etcd", FAIL, "; ".join(seen.own.errors), hint)
    if silent:
        return Result("etcd", WARN, f"no answer from {silent}; {voters} voters, {needed} are needed", "`kimg-agent doctor` there")
    unstarted = [member for member in seen.members if etcd.unstarted(member) or member.learner]
    if unstarted:
        names = ", ".join(seen.name_of(member) for member in unstarted)
        return Result("etcd", WARN, f"not a voter yet: {names}", "it is one when that master's join ends; else see there")
    return passed("etcd", f"{voters} of {voters} voters answer, leader {seen.name_of(seen.leader) if seen.leader else '?'}")


def judge_runs(snapshots_state: Mapping[str, Any], certificates_state: Mapping[str, Any]) -> tuple[Result, ...]:
    """How the timers' last runs ended."""
    runs = (("snapshots", SNAPSHOTS_STATE, snapshots_state), ("renewal", CERTIFICATES_STATE, certificates_state))
    return tuple(
        Result(name, FAIL, str(state.get("reason")), str(state.get("hint")) or f"`cat {path}`")
        for name, path, state in runs
        if state.get("outcome") == RUN_FAILED
    )


def judge_snapshots(kept: Sequence[Snapshot], leads: bool, now: datetime, settings: Settings) -> Result:
    """Only the leader takes them; one that has none of late has been asleep, or its timer is off."""
    if not settings.snapshots_on:
        return passed("snapshots", SNAPSHOTS_OFF)
    if not leads:
        return passed("snapshots", f"{len(kept)} kept; another member is the leader and takes them")
    age = (now - kept[-1].taken).total_seconds() if kept else None
    if age is not None and age < 0:
        found = f"the newest is of the future by this machine's clock: {kept[-1].name}"
        return Result("snapshots", WARN, found, "`timedatectl`; with the clock right, `kimg-agent snapshot --now`")
    if age is None or age > 2 * settings.snapshot_interval:
        found = "none on this node, etcd's leader" if age is None else f"the newest is {duration(age)} old"
        return Result("snapshots", WARN, found, "`systemctl status kimg-snapshot.timer`, `kimg-agent snapshot --now`")
    return passed("snapshots", f"{len(kept)} kept, the newest {duration(age)} old")
