"""A load balancer has nothing to wait for but its own HAProxy, which looks for masters by itself."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.assembly.phase import Step
from kimg_agent.outside.system import Finished, System
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.report import DONE, Stop
from kimg_agent.reporting.wait import Look, wait_until

UNIT = "haproxy.service"
LIMIT = 120.0
HINT = "`haproxy -c -f /etc/haproxy/haproxy.cfg`, `journalctl -u haproxy`"


@dataclass(frozen=True)
class WaitForHaproxy:
    name = "load balancer"

    def run(self, system: System, progress: Progress) -> Step:
        def look(_: float) -> Look:
            return judge_unit(system.run(["systemctl", "is-active", UNIT]))

        seen = wait_until(system, progress, UNIT, look, LIMIT)
        if not seen.good:
            raise PhaseFailed(Failure(f"{UNIT} is {seen.reason}", HINT))
        return Stop(self.name, DONE, "serving; waiting for masters behind it")


def judge_unit(shown: Finished) -> Look:
    state = shown.out.strip() or shown.err.strip() or "unknown"
    return Look(state == "active", state, HINT)
