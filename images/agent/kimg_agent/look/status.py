"""`kimg-agent status`: the report file in words. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from kimg_agent.reporting.report import FAILED, VERSION

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_NO_REPORT = 4  # the Linux Standard Base's "status is unknown"


def exit_code(report: Mapping[str, Any]) -> int:
    if not report:
        return EXIT_NO_REPORT
    return EXIT_FAILED if report.get("outcome") == FAILED else EXIT_OK


def describe(report: Mapping[str, Any]) -> str:
    if report.get("version") != VERSION:
        return "the report is of a version that this program does not know; see --json"
    whose = f"{report['node']}, {report['role']} of cluster {report['cluster']}" if report.get("node") else "not known yet"
    lines = [
        _line("node", whose),
        _line("endpoint", report.get("endpoint")),
        _line("phase", f"{report.get('phase')}, since {report.get('since')}"),
        _line("outcome", report.get("outcome")),
        _line("reason", report.get("reason")),
        _line("hint", report.get("hint")),
        _line("updated", report.get("updated")),
        *_checks(report.get("checks")),
    ]
    return "\n".join(line for line in lines if line)


def _line(label: str, value: object) -> str:
    return f"{label:<10}{value}" if value else ""


def _checks(checks: object) -> list[str]:
    known = [check for check in checks if isinstance(check, dict)] if isinstance(checks, list) else []
    return [_line("checks", " ")] * bool(known) + [
        f"  {check.get('status', ''):<10}{check.get('name', ''):<12}{check.get('found', '')}" for check in known
    ]
