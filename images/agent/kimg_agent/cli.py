"""The command line: `run` is what the systemd unit calls, `status` is for people and machines."""

from __future__ import annotations

import argparse
import json
from typing import Optional, Sequence

from kimg_agent.assembly.machine import run_agent
from kimg_agent.look import doctor, member_status, status
from kimg_agent.maintenance.commands import renew_certificates, take_snapshot
from kimg_agent.outside import paths
from kimg_agent.outside.disk import Disk
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import EXIT_FAILED
from kimg_agent.reporting.report import read_report


def main(arguments: Optional[Sequence[str]] = None, system: Optional[System] = None) -> int:
    options = _parser().parse_args(arguments)
    outside = system or System()
    if options.command == "run":
        return _run(outside)
    if options.command == "doctor":
        return _doctor(outside, as_json=options.json)
    if options.command == "snapshot":
        return take_snapshot(outside, at_once=options.now)
    if options.command == "renew-certificates":
        return renew_certificates(outside, at_once=options.now)
    return _status(outside, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kimg-agent", description="Brings this machine into its Kubernetes cluster.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="check this machine, then wait for its cluster (kimg-agent.service does this)")
    status_parser = commands.add_parser(
        "status",
        help="say how far it is; exit code 1 when it failed, 4 when there is no report",
        description=f"Prints {paths.REPORT} in words. Exit code: 0, 1 when the agent failed, 4 when there is no report.",
    )
    status_parser.add_argument("--json", action="store_true", help="print the report itself, and a member's state beside it")
    doctor_parser = commands.add_parser("doctor", help="say what is wrong and what mends it; exit code 1 when something is")
    doctor_parser.add_argument("--json", action="store_true", help="print every check")
    for name, unit in (("snapshot", "kimg-snapshot.timer"), ("renew-certificates", "kimg-certificates.timer")):
        timed = commands.add_parser(name, help=f"if it is time for it, as {unit} does")
        timed.add_argument("--now", action="store_true", help="whether or not it is time")
    return parser


def _run(system: System) -> int:
    try:
        alone = system.lock(paths.LOCK)
    except OSError as error:
        print(f"kimg-agent: {paths.LOCK}: {error.strerror}; run it as root")
        return EXIT_FAILED
    if not alone:
        print("kimg-agent: it runs already; see `systemctl status kimg-agent`")
        return EXIT_FAILED
    return run_agent(system)


def _status(system: System, as_json: bool) -> int:
    report, member = read_report(system), member_status.observe(system)
    if as_json:
        print(json.dumps({**report, **({"member": member} if member else {})}, indent=2, ensure_ascii=False))
    else:
        print(status.describe(report) if report else f"no report yet: {paths.REPORT} is not there; `systemctl status kimg-agent`")
        print("".join(f"{line}\n" for line in member_status.describe(member)), end="")
    return status.exit_code(report)


def _doctor(system: System, as_json: bool) -> int:
    results = doctor.examine(system, Disk())
    print(doctor.to_json(results) if as_json else doctor.describe(results))
    return doctor.exit_code(results)
