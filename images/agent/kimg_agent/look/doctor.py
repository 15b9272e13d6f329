"""`kimg-agent doctor`: looks at this machine now, whatever it is to be, and says what is wrong and which command shows or mends it.

Changes nothing. What each finding means is in `checks` and `health_checks`; here is only which of them a machine gets.
"""

from __future__ import annotations

import json
import math
from typing import Sequence

from kimg_agent.etcd import health
from kimg_agent.fitness import checks
from kimg_agent.fitness.facts import Facts, Problem, observe
from kimg_agent.look import health_checks
from kimg_agent.maintenance import certificates, snapshots, static_pods, timers
from kimg_agent.maintenance.timers import RENEWAL_OFF, Settings
from kimg_agent.outside import endpoint, paths
from kimg_agent.outside.disk import Disk
from kimg_agent.outside.system import System
from kimg_agent.reporting.report import read_report
from kimg_agent.reporting.result import FAIL, FAILURES, PASS, WARN, Result, passed, settle, with_status
from kimg_agent.seed.node import LOAD_BALANCER, InvalidInput, Node
from kimg_agent.seed.trust import InvalidCertificate, pinned

VERSION = 1
TIMEOUT = 5.0

_PATHS = ("/", paths.ETCD, paths.KUBELET, health_checks.IMAGES, "/var/log")
_COMPONENTS = (static_pods.API_SERVER, static_pods.CONTROLLER_MANAGER, static_pods.SCHEDULER)


def examine(system: System, disk: Disk) -> tuple[Result, ...]:
    """Every check that fits this machine."""
    facts = observe(system)
    results = [health_checks.check_report(read_report(system))]
    if isinstance(facts.node, Problem) or not system.exists(paths.SENTINEL):
        results += checks.examine(facts)
    else:
        results += _of_a_member(system, facts, facts.node)
    if isinstance(facts.node, Node):
        results += _of_its_kind(system, facts, facts.node)
    return settle((*results, *_disks(disk)), math.inf)


def _of_a_member(system: System, facts: Facts, node: Node) -> list[Result]:
    """Preflight's, but for what is staged: that is erased by now, and images may have been replaced by newer ones."""
    results = [health_checks.check_staged_secrets(system), checks.check_machine_id(facts), checks.check_clock(facts, node)]
    results += [checks.check_ca(facts, node), checks.check_address(facts, node), checks.check_programs(facts, node)]
    if node.bootstrap != LOAD_BALANCER:
        results += [checks.check_swap(facts, node), checks.check_modules(facts), checks.check_sysctls(facts, node)]
        results += [checks.check_runtime(facts), health_checks.check_unit(system, "kubelet", "kubelet.service")]
        results.append(health_checks.check_kubelet_health(system))
        results += _certificates(system)
    if system.exists(f"{paths.STATIC_PODS}/kube-apiserver.yaml"):
        results += [health_checks.check_component(system, name, node.api_port) for name in _COMPONENTS]
    if system.exists(f"{paths.STATIC_PODS}/etcd.yaml"):
        results += _etcd(system)
    return results


def _of_its_kind(system: System, facts: Facts, node: Node) -> list[Result]:
    results = []
    if node.bootstrap == LOAD_BALANCER:
        results.append(health_checks.check_unit(system, "haproxy", "haproxy.service"))
        if system.exists("/etc/keepalived/keepalived.conf"):
            results.append(health_checks.check_unit(system, "keepalived", "keepalived.service"))
    if not isinstance(facts.certificates, Problem):
        try:
            ca = pinned(facts.certificates, node.ca_hash)
        except InvalidCertificate:
            return results  # check_ca says so
        results.append(health_checks.judge_endpoint(node.endpoint, endpoint.ask_ready(system, node.endpoint, ca.pem, TIMEOUT)))
    return results


def _settings(system: System) -> tuple[Settings, list[Result]]:
    try:
        return timers.read_settings(system), []
    except InvalidInput as error:
        hint = "render the seed again with `kimg render`, or correct the file: the timers do nothing until then"
        return Settings(), [Result("maintenance", FAIL, f"{timers.SETTINGS}: {error}", hint)]


def _certificates(system: System) -> list[Result]:
    settings, results = _settings(system)
    if not settings.renewal_on:
        results.append(passed("renewal", RENEWAL_OFF))
    return [*results, *health_checks.judge_certificates(certificates.observe(system), system.now(), settings.renew_before)]


def _etcd(system: System) -> list[Result]:
    seen, kept, settings = health.observe(system), snapshots.list_snapshots(system), _settings(system)[0]
    leads = seen.own is not None and seen.own.leader == seen.own.member_id
    states = [timers.read_state(system, path) for path in (timers.SNAPSHOTS_STATE, timers.CERTIFICATES_STATE)]
    results = [health_checks.judge_etcd(seen), *health_checks.judge_runs(states[0] if settings.snapshots_on else {}, states[1])]
    return [*results, health_checks.judge_snapshots(kept, leads, system.now(), settings)]


def _disks(disk: Disk) -> list[Result]:
    """One line a file system: the first of the paths that lies on it stands for the others, unless its limit is a stricter one."""
    results: list[Result] = []
    seen: set[tuple[int, bool]] = set()
    for path in _PATHS:
        try:
            space = disk.space(path)
        except OSError:
            continue  # not there on this kind of machine
        key = (space.device, path == health_checks.IMAGES)
        if key not in seen:
            seen.add(key)
            results.append(health_checks.judge_space(path, space))
    return results


def exit_code(results: Sequence[Result]) -> int:
    return 1 if with_status(results, *FAILURES) else 0


def describe(results: Sequence[Result]) -> str:
    """What is wrong first, then a line for all that is well. Pure."""
    failures, warnings = with_status(results, *FAILURES), with_status(results, WARN)
    lines = []
    for result in (*failures, *warnings):
        lines.append(f"{'PROBLEM' if result in failures else 'warning'}  {result.name}: {result.found}")
        lines += [f"         {result.hint}"] if result.hint else []
    well = with_status(results, PASS)
    lines.append(
        f"problems: {len(failures)}, warnings: {len(warnings)}; well: {', '.join(result.name for result in well) or 'nothing'}"
    )
    return "\n".join(lines)


def to_json(results: Sequence[Result]) -> str:
    found = [{"name": one.name, "status": one.status, "found": one.found, "hint": one.hint} for one in results]
    return json.dumps({"version": VERSION, "ok": exit_code(results) == 0, "checks": found}, indent=2, ensure_ascii=False)
