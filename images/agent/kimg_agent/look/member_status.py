"""What `kimg-agent status` says of a node that is a member: its certificates, etcd, snapshots. Observed now, unlike the report."""

from __future__ import annotations

from typing import Any, Mapping

from kimg_agent.etcd import health
from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.health import EtcdHealth
from kimg_agent.maintenance import certificates, snapshots
from kimg_agent.maintenance.timers import (
    CERTIFICATES_STATE,
    RENEWAL_OFF,
    SNAPSHOTS_OFF,
    SNAPSHOTS_STATE,
    Settings,
    read_settings,
    read_state,
)
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.report import stamp
from kimg_agent.seed.node import InvalidInput

ETCD_MANIFEST = paths.STATIC_PODS + "/etcd.yaml"


def observe(system: System) -> dict[str, Any]:
    """{} on a machine that is no member. Keys: certificates; on a control plane etcd, snapshots, too. Times as in the report."""
    if not system.exists(paths.SENTINEL):
        return {}
    document: dict[str, Any] = {}
    found = certificates.observe(system)
    if found.every or found.unreadable:
        document["certificates"] = _certificates(system, found)
    if system.exists(ETCD_MANIFEST):
        document["etcd"] = _etcd(health.observe(system))
        document["snapshots"] = _snapshots(system)
    return document


def _certificates(system: System, found: certificates.Certificates) -> dict[str, Any]:
    first = certificates.nearest(found.every)
    state = read_state(system, CERTIFICATES_STATE)
    run = {key: state.get(key, "") for key in ("outcome", "reason", "hint", "step", "renewed")}
    return {
        "count": len(found.every),
        "nearest": {
            "name": first.name,
            "ends": stamp(first.not_after),
            "seconds_left": int(certificates.left(first, system.now())),
        }
        if first
        else None,
        "unreadable": [one.path for one in found.unreadable],
        "renewal": {"on": _settings(system).renewal_on, **run},
    }


def _etcd(seen: EtcdHealth) -> dict[str, Any]:
    if seen.problem or not seen.own:
        return {"problem": seen.problem}
    return {
        "problem": "; ".join(seen.own.errors),
        "version": seen.own.version,
        "leader": seen.name_of(seen.leader) if seen.leader else "",
        "voters": len(etcd.voters(seen.members)),
        "answering": seen.healthy_others + 1,
        "learners": len(seen.members) - len(etcd.voters(seen.members)),
        "quorum": etcd.quorum(seen.members),
        "silent": [seen.name_of(member) for member in seen.silent],
        "db_size": seen.own.db_size,
    }


def _snapshots(system: System) -> dict[str, Any]:
    kept = snapshots.list_snapshots(system)
    state = read_state(system, SNAPSHOTS_STATE)
    return {
        "on": _settings(system).snapshots_on,
        "kept": len(kept),
        "newest": kept[-1].path if kept else "",
        "taken": stamp(kept[-1].taken) if kept else "",
        **{key: state.get(key, "") for key in ("outcome", "reason", "hint")},
    }


def _settings(system: System) -> Settings:
    """The defaults when there are none that can be read: `doctor` says so."""
    try:
        return read_settings(system)
    except InvalidInput:
        return Settings()


def describe(document: Mapping[str, Any]) -> list[str]:
    """Pure: a few lines below those of the report."""
    lines = []
    if "certificates" in document:
        lines += _certificate_lines(document["certificates"])
    if "etcd" in document:
        lines.append(_line("etcd", _etcd_words(document["etcd"])))
    if "snapshots" in document:
        lines.append(_line("snapshots", _snapshot_words(document["snapshots"])))
    return lines


def _certificate_lines(found: Mapping[str, Any]) -> list[str]:
    first, renewal = found["nearest"], found["renewal"]
    words = f"{found['count']} certificates"
    if first:
        left = first["seconds_left"]
        words += f"; the first to end is {first['name']}, " + (f"in {duration(left)}" if left > 0 else "it HAS ENDED")
        words += f" ({first['ends']})"
    lines = [_line("certs", words)]
    lines += [_line("", f"cannot be read: {path}") for path in found["unreadable"]]
    lines += [] if renewal["on"] else [_line("", f"renewal {RENEWAL_OFF}")]
    lines += [_line("", f"renewal {renewal['outcome']}: {renewal['reason']}")] if renewal["reason"] else []
    return lines


def _etcd_words(found: Mapping[str, Any]) -> str:
    if "version" not in found:
        return f"this node's member does not answer: {found['problem']}"
    learners = f" and {found['learners']} learners" if found["learners"] else ""
    answer = f"{found['answering']} of {found['voters']} voters{learners} answer"
    silent = f" (not: {', '.join(found['silent'])})" if found["silent"] else ""
    leader = f"leader {found['leader']}" if found["leader"] else "NO LEADER"
    problem = f"; {found['problem']}" if found["problem"] else ""
    return f"{answer}{silent}, {leader}, {found['db_size'] >> 20} MiB, version {found['version']}{problem}"


def _snapshot_words(found: Mapping[str, Any]) -> str:
    kept = f"{found['kept']} kept, the newest of {found['taken']}" if found["kept"] else "none on this node"
    if not found["on"]:
        return f"{SNAPSHOTS_OFF}; {kept}"
    return kept + (f"; {found['outcome']}: {found['reason']}" if found["reason"] else "")


def _line(label: str, value: str) -> str:
    return f"{label:<10}{value}"
