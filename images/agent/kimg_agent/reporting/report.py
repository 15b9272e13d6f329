"""The report file: the agent's one lasting word on what it does, for people and for monitoring. Never anything secret in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.result import Result

VERSION = 1

RUNNING = "running"
WAITING = "waiting"
FAILED = "failed"
READY = "ready"  # all that this agent does has succeeded, and the machine is not a member yet
DONE = "done"  # nothing is left to do


@dataclass(frozen=True)
class Report:
    """Times are ISO 8601 in UTC. `outcome` is running, waiting, failed, ready or done; `since` is when the phase began."""

    phase: str
    outcome: str
    since: str
    updated: str
    node: str = ""
    role: str = ""
    cluster: str = ""
    endpoint: str = ""
    reason: str = ""
    hint: str = ""
    # Like failures in a row, in this boot.
    attempts: int = 0
    boot: str = ""
    checks: tuple[Result, ...] = field(default=())

    def to_json(self) -> bytes:
        document: dict[str, Any] = {"version": VERSION, **asdict(self)}
        document["checks"] = [
            {"name": check.name, "status": check.status, "found": check.found, "hint": check.hint} for check in self.checks
        ]
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class Stop:
    phase: str
    outcome: str
    # For people: what was found, and what that means.
    reason: str


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_report(system: System, report: Report) -> None:
    """OSError when the disk does not take it; the report before it is then still there."""
    system.write_atomic(paths.REPORT, report.to_json(), 0o644)


def read_report(system: System) -> dict[str, Any]:
    """The report as it is on disk, or {} when there is none that can be read. No decision about the cluster may rest on it."""
    try:
        document = json.loads(system.read(paths.REPORT))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
