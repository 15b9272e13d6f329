"""Renews a control plane's certificates before they end: kubeadm writes them, the static pods are restarted, one master at a time.

How far it is stands in certificates.json, so that it may be cut off anywhere. While kubeadm writes, copies of the old files are
kept, and a run that finds that kubeadm was cut off puts them back: a file without content, or a certificate with another one's key,
would keep this node from starting. Restarting may be done twice.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Callable, Optional

from kimg_agent.etcd import health
from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.health import EtcdHealth
from kimg_agent.maintenance import certificates, static_pods
from kimg_agent.maintenance.certificates import Leaf
from kimg_agent.maintenance.lease import Turn
from kimg_agent.maintenance.static_pods import Surroundings
from kimg_agent.maintenance.timers import (
    CERTIFICATES_STATE,
    DONE,
    FAILED,
    RENEWAL_OFF,
    WAITING,
    MaintenanceFailed,
    Settings,
    log,
    read_state,
    write_state,
)
from kimg_agent.outside import endpoint, paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import ERROR, WARNING, duration
from kimg_agent.reporting.report import stamp
from kimg_agent.seed.trust import InvalidCertificate, read_certificates

# In `step` of certificates.json: what was begun and has not ended.
NOTHING = ""
RENEWING = "renewing"
RESTARTING = "restarting"

BACKUP = "/var/lib/kimg/certificates"

RENEW = ("kubeadm", "certs", "renew", "all")

# Seconds. Other masters' timers come at about the same time. After the last restart a load balancer must have seen it.
TURN_LIMIT = 3600.0
SETTLE = 30.0


@dataclass(frozen=True)
class Plan:
    """What a run has to do; `leaf` is the certificate that it is about."""

    # RENEWING, RESTARTING or NOTHING.
    step: str
    leaf: Optional[Leaf]
    # The certificate has ended already: then this API server serves nobody, and there is no API to agree through.
    ended: bool
    # Less than half of the window is left: no more waiting for others that hold the cluster up without this node.
    urgent: bool


def plan(leaves: tuple[Leaf, ...], step: str, now: datetime, renew_before: float, at_once: bool, by_itself: bool = True) -> Plan:
    """Pure. What was begun is ended first, whatever the dates say. Not `by_itself`: none is begun but `at_once`."""
    leaf = certificates.nearest(leaves)
    ended = leaf is not None and certificates.left(leaf, now) <= 0
    urgent = leaf is not None and certificates.left(leaf, now) <= certificates.window(leaf, renew_before) / 2
    due = by_itself and any(certificates.is_due(one, now, renew_before) for one in leaves)
    if step == NOTHING and leaves and (due or at_once):
        return Plan(RENEWING, leaf, ended, urgent)
    return Plan(step, leaf, ended, urgent)


def run_renewal(system: System, settings: Settings, name: str, api_port: int, at_once: bool = False) -> int:
    """One look, and a renewal if it is time for one. `name` is this node's. The exit code."""
    try:
        _put_back_if_cut_off(system)
        observed = certificates.observe(system)
        now, step = system.now(), _step(system)
        decided = plan(observed.renewed, step, now, settings.renew_before, at_once, settings.renewal_on)
        if decided.step != NOTHING:
            _in_turn(system, decided, name, api_port)
        elif read_state(system, CERTIFICATES_STATE).get("outcome") != DONE and observed.renewed:
            _note(system, DONE)
        if decided.step == NOTHING and not settings.renewal_on:
            log(system, f"renewal of certificates: {RENEWAL_OFF}; `kimg-agent renew-certificates --now` renews them")
        return 0
    except NotNow as wait:
        log(system, f"certificates not renewed yet: {wait}", WARNING)
        _note(system, WAITING, reason=str(wait))
        return 0
    except MaintenanceFailed as error:
        return _failed(system, str(error), error.hint)
    except OSError as error:
        return _failed(system, f"{error.filename or BACKUP}: {(error.strerror or 'failed').lower()}", "`df -h /var/lib/kimg`")


class NotNow(Exception):
    """Nothing is wrong here, and it is better to wait; the message says for what."""


def _failed(system: System, reason: str, hint: str) -> int:
    log(system, f"certificates not renewed: {reason}", ERROR)
    log(system, f"  hint: {hint}", ERROR)
    with suppress(OSError):  # a full disk may be what has failed
        _note(system, FAILED, reason=reason, hint=hint)
    return 1


def _in_turn(system: System, decided: Plan, name: str, api_port: int) -> None:
    if decided.leaf:
        left = certificates.left(decided.leaf, system.now())
        log(system, f"certificate {decided.leaf.name}: {f'ends in {duration(left)}' if left > 0 else 'has ended'}")
    if decided.ended:
        _renew_and_restart(system, decided, Surroundings(api_port, lambda: None), lambda: None)
        return
    turn = Turn(system, name)
    holder = turn.take(TURN_LIMIT)
    if holder:
        raise NotNow(f"it is the turn of {holder}")
    try:
        if not decided.urgent:
            seen = health.observe(system)
            check_quorum_without(seen)
            check_other_api_servers(system, seen, api_port)
        _renew_and_restart(system, decided, Surroundings(api_port, turn.keep), turn.require)
        _settle(system, turn)
    finally:
        turn.give_back()


def check_quorum_without(seen: EtcdHealth) -> None:
    """NotNow when etcd would have no quorum while this node's member restarts. A cluster of one has no better moment."""
    if seen.problem:
        raise NotNow(f"etcd: {seen.problem}")
    others = len(etcd.voters(seen.members)) - 1
    healthy, needed = seen.healthy_others, etcd.quorum(seen.members)
    if others and healthy < needed:
        raise NotNow(f"etcd would lose its quorum: {healthy} of {others} other members answer, {needed} are needed")


def check_other_api_servers(system: System, seen: EtcdHealth, api_port: int) -> None:
    """NotNow when another master's API server is not ready: what kept it from coming back from its own renewal may keep this one
    away, too, and in the end there would be none. etcd's voters are the masters: one that was removed for good is not among them.
    """
    assert seen.own
    ca_pem = _read_ca(system)
    others = [member for member in etcd.voters(seen.members) if member.id != seen.own.member_id]
    for member in others:
        asked = Endpoint(etcd.endpoint_of(member.peer_urls[0]).host, api_port)
        answer = endpoint.ask_ready(system, asked, ca_pem, endpoint.TIMEOUT)
        if answer.kind != endpoint.READY:
            raise NotNow(f"the API server of {seen.name_of(member)} is not ready: {asked.url}: {answer.text}")


def _read_ca(system: System) -> str:
    """What this node itself trusts API servers by. Two certificates while a person puts another CA in the place of the seed's."""
    path = f"{paths.KUBERNETES_PKI}/ca.crt"
    try:
        return "".join(certificate.pem for certificate in read_certificates(system.read(path)))
    except InvalidCertificate as error:
        raise MaintenanceFailed(f"{path}: {error}", "copy it from another master") from None


def _renew_and_restart(system: System, decided: Plan, around: Surroundings, require: Callable[[], None]) -> None:
    if decided.step == RENEWING:
        _renew(system)
    require()
    static_pods.restart_api_server_and_etcd(system, around)
    for component in (static_pods.CONTROLLER_MANAGER, static_pods.SCHEDULER):
        require()
        static_pods.restart(system, component, around)
    log(system, "certificates renewed, and the control plane restarted with them")
    _note(system, DONE, step=NOTHING, renewed=stamp(system.now()))


def _renew(system: System) -> None:
    """Leaves the step at RESTARTING. Everything is on the disk before the old files' copies go."""
    before = certificates.observe(system).renewed
    _keep_copies(system)
    _note(system, WAITING, "kubeadm renews", step=RENEWING)
    heard: list[str] = []
    status = system.stream(RENEW, heard.append, system.sync)
    system.sync()
    trouble = _trouble(status, heard, before, certificates.observe(system))
    if trouble:
        _put_back_if_cut_off(system)
        raise MaintenanceFailed(
            f"kubeadm certs renew all: {trouble}", "`kubeadm certs check-expiration`; are the CA's keys on this node?"
        )
    _note(system, WAITING, "the control plane restarts", step=RESTARTING)
    _erase_copies(system)


def _trouble(status: int, heard: list[str], before: tuple[Leaf, ...], after: certificates.Certificates) -> str:
    """ "" when every certificate is another one. Its end says nothing: one made while the clock was ahead ends after the new one."""
    if status != 0:
        return next((line for line in reversed(heard) if line.strip()), f"ended with {status}")
    found = {leaf.name: leaf.pem for leaf in after.renewed}
    same = [leaf.name for leaf in before if found.get(leaf.name, leaf.pem) == leaf.pem]
    return f"it did not renew {', '.join(same)}" if same else ""


def _keep_copies(system: System) -> None:
    system.make_folder(BACKUP, 0o700)
    for path in certificates.renewed_files():
        if system.exists(path):
            system.write_atomic(BACKUP + path, system.read(path), 0o600)


def _put_back_if_cut_off(system: System) -> None:
    """Copies count only from the moment that the step says so: before it they may not be all there."""
    if _step(system) == RENEWING:
        for copy in system.list_files(BACKUP):
            system.write_atomic(copy[len(BACKUP) :], system.read(copy), 0o600)
        log(system, "kubeadm was cut off: the certificates from before it are back", WARNING)
        _note(system, WAITING, "to be renewed again", step=NOTHING)
    if _step(system) == NOTHING:
        _erase_copies(system)


def _erase_copies(system: System) -> None:
    for copy in system.list_files(BACKUP):
        system.erase(copy)
    system.remove_tree(BACKUP)


def _settle(system: System, turn: Turn) -> None:
    """The next master goes down only when every load balancer has found this one again."""
    end = system.monotonic() + SETTLE
    while system.monotonic() < end:
        turn.keep()
        system.sleep(static_pods.INTERVAL)


def _step(system: System) -> str:
    step = read_state(system, CERTIFICATES_STATE).get("step")
    return step if step in (RENEWING, RESTARTING) else NOTHING


def _note(system: System, outcome: str, reason: str = "", hint: str = "", step: Optional[str] = None, renewed: str = "") -> None:
    """OSError when the disk does not take it: then the next step must not begin."""
    before = read_state(system, CERTIFICATES_STATE)
    document = {
        "outcome": outcome,
        "reason": reason,
        "hint": hint,
        "step": _step(system) if step is None else step,
        "renewed": renewed or before.get("renewed", ""),
    }
    write_state(system, CERTIFICATES_STATE, document)
