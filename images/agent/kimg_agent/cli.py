"""The command line: `run` is what the systemd unit calls, `status` is for people and machines."""

from __future__ import annotations

import argparse
import json
from typing import Optional, Sequence

from kimg_agent import paths, status
from kimg_agent.failure import EXIT_FAILED
from kimg_agent.machine import run_agent
from kimg_agent.report import read_report
from kimg_agent.system import System


def main(arguments: Optional[Sequence[str]] = None, system: Optional[System] = None) -> int:
    options = _parser().parse_args(arguments)
    outside = system or System()
    if options.command == "run":
        return _run(outside)
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
    status_parser.add_argument("--json", action="store_true", help="print the report itself")
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
    report = read_report(system)
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(status.describe(report) if report else f"no report yet: {paths.REPORT} is not there; `systemctl status kimg-agent`")
    return status.exit_code(report)
