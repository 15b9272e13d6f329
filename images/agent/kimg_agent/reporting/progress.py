"""Tells the world how far the agent is: console, journal, systemd's status line and the report file, always the same words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Optional, Sequence

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import ERROR, INFO, WARNING, duration, printable, say
from kimg_agent.reporting.failure import Failure
from kimg_agent.reporting.report import FAILED, RUNNING, WAITING, Report, Stop, read_report, stamp, write_report
from kimg_agent.reporting.result import FAILURES, PASS, WAIT, WARN, Result, with_status
from kimg_agent.seed.node import Node

# Seconds between two writes of a report in which only the time is new.
HEARTBEAT = 60.0
# Seconds after which a wait is worth advice: most are over before.
ADVICE_AFTER = 10.0


class Progress:
    def __init__(self, system: System) -> None:
        self._system = system
        self._before = read_report(system)
        self._report = Report(phase="start", outcome=RUNNING, since="", updated="", boot=_boot(system))
        self._written = 0.0
        self._write_problem = ""
        self._advised: set[str] = set()

    def enter(self, phase: str) -> None:
        self._update(phase=phase, outcome=RUNNING, since=stamp(self._system.now()), reason="", hint="", attempts=0)

    def know(self, node: Node, name: str) -> None:
        """From now on the report says whose it is."""
        url = node.endpoint.url
        self._report = replace(self._report, node=name, role=node.role, cluster=node.cluster, endpoint=url)
        say(self._system, f"{name} ({node.role}) of cluster {node.cluster}")

    def passed(self, results: Sequence[Result]) -> None:
        """One line for a phase of checks that is over."""
        warnings = [f"; warning: {result.name}: {result.found}" for result in with_status(results, WARN)]
        count = len(with_status(results, PASS))
        text = f"{self._report.phase}: {count} of {len(results)} checks passed{''.join(warnings)}"
        say(self._system, text, WARNING if warnings else INFO)
        self._update(checks=tuple(results))

    def waiting(self, subject: str, reason: str, hint: str, waited: float, aloud: bool, results: Sequence[Result]) -> None:
        """Called at each look; says it when `aloud`, and keeps the report fresh meanwhile."""
        checks = tuple(results) or self._report.checks
        changed = (WAITING, reason) != (self._report.outcome, self._report.reason)
        if aloud:
            so_far = f" ({duration(waited)} so far)" if waited >= 1 else ""
            say(self._system, f"waiting for {subject}: {reason}{so_far}")
            self._advise(reason, hint, waited)
        if aloud or changed or self._system.monotonic() - self._written >= HEARTBEAT:
            self._system.notify(printable(f"waiting for {subject}: {reason}"))
            self._update(outcome=WAITING, reason=reason, hint=hint, checks=checks)

    def _advise(self, reason: str, hint: str, waited: float) -> None:
        """What could be done about it, once for each reason."""
        if hint and waited >= ADVICE_AFTER and reason not in self._advised:
            self._advised.add(reason)
            say(self._system, f"  hint: {hint}")

    def going_on(self, text: str) -> None:
        """What is being done just now: for `systemctl status` and the report, too quick for the console."""
        self._system.notify(printable(text))
        self._update(outcome=RUNNING, reason=text, hint="")

    def did(self, text: str) -> None:
        """One line about something that is over."""
        say(self._system, text)
        self.going_on(text)

    def stopped(self, stop: Stop) -> None:
        say(self._system, f"{stop.phase}: {stop.reason}")
        self._system.notify(printable(f"{stop.phase}: {stop.reason}"))
        self.record(stop)

    def record(self, stop: Stop) -> None:
        """Into the report alone."""
        since = stamp(self._system.now())
        self._update(phase=stop.phase, outcome=stop.outcome, since=since, reason=stop.reason, hint="")

    def failed(self, failure: Failure) -> Optional[int]:
        """Says and writes all that is wrong; gives how often it went wrong like this in a row, this time included.

        None when nobody knows: without a report nothing is counted.
        """
        attempts = self._attempts(failure)
        results = failure.results or self._report.checks
        self._update(outcome=FAILED, reason=failure.reason, hint=failure.hint, attempts=attempts, checks=tuple(results))
        self._system.notify(printable(f"failed in {self._report.phase}: {failure.reason}"))
        for line in self._failure_block(failure):
            say(self._system, line, ERROR)
        return None if self._write_problem else attempts

    def _attempts(self, failure: Failure) -> int:
        before, now = self._before, self._report
        same = all(before.get(key) == getattr(now, key) for key in ("boot", "phase"))
        count = before.get("attempts")
        alike = _without_numbers(str(before.get("reason"))) == _without_numbers(failure.reason)
        if same and before.get("outcome") == FAILED and alike and isinstance(count, int):
            return count + 1
        return 1

    def _failure_block(self, failure: Failure) -> list[str]:
        report = self._report
        whose = f" ({report.node}, {report.role} of cluster {report.cluster})" if report.node else ""
        lines = [f"FAILED in phase {report.phase}{whose}"]
        wrong = with_status(failure.results, *FAILURES, WAIT)
        for result in wrong:
            lines.append(f"  {result.name}: {result.found}")
            lines += [f"    hint: {result.hint}"] if result.hint else []
        if not wrong:
            lines.append(f"  reason: {failure.reason}")
            lines.append(f"  hint: {failure.hint}")
        lines.append(f"  report: {paths.REPORT}, or run `kimg-agent status`")
        return lines

    def _update(self, **changes: object) -> None:
        self._report = replace(self._report, updated=stamp(self._system.now()), **changes)  # type: ignore[arg-type]
        self._written = self._system.monotonic()
        problem = ""
        try:
            write_report(self._system, self._report)
        except OSError as error:
            problem = (error.strerror or "cannot be written").lower()
        if problem and problem != self._write_problem:
            say(self._system, f"{paths.REPORT}: {problem}; going on without a report", WARNING)
        self._write_problem = problem


def _without_numbers(reason: str) -> str:
    """A time or a count in it does not make it another failure."""
    return re.sub(r"\d+", "", reason)


def _boot(system: System) -> str:
    try:
        return system.read("/proc/sys/kernel/random/boot_id").decode("ascii", "replace").strip()
    except OSError:
        return ""
