"""The last phase: this machine is a member, so whatever could make or join a cluster is erased, and the sentinel ends the agent's work."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kimg_agent.assembly.phase import Step
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.report import DONE, Stop, stamp
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.state import staging

# cloud-init's last stage still reads its own copies: erased under it they would be errors of its. Seconds.
_CLOUD_INIT_ENDED = "/run/cloud-init/result.json"
CLOUD_INIT_LIMIT = 600.0


@dataclass(frozen=True)
class Seal:
    name = "seal"

    def run(self, system: System, progress: Progress) -> Step:
        def look(_: float) -> Look:
            return Look(system.exists(_CLOUD_INIT_ENDED), "its last stage is not over yet")

        wait_until(system, progress, "cloud-init", look, CLOUD_INIT_LIMIT)
        staging.erase(system)
        stop = Stop("member", DONE, "this machine is a member of its cluster; staged secrets are erased")
        # The report first: with the sentinel there the agent does not run again, and could not write it after a power cut.
        progress.record(stop)
        sentinel = {"version": 1, "since": stamp(system.now())}
        system.write_atomic(paths.SENTINEL, (json.dumps(sentinel) + "\n").encode(), 0o644)
        return stop
