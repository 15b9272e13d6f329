"""The init node's wait for any sign of life at the endpoint, so that what it makes can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.assembly.context import Context
from kimg_agent.assembly.init_or_join import InitOrJoin
from kimg_agent.assembly.phase import Step
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside.endpoint import Answer
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until

INIT_LIMIT = 600.0


@dataclass(frozen=True)
class WaitForAnswer:
    """The init node's wait: any TCP answer will do, and after the limit none. Whether it makes the cluster is decided after it."""

    context: Context
    name = "wait for the endpoint"

    def run(self, system: System, progress: Progress) -> Step:
        endpoint = self.context.node.endpoint

        def look(_: float) -> Look:
            return judge_answer(probe.knock(system, endpoint, probe.TIMEOUT))

        seen = wait_until(system, progress, endpoint.url, look, INIT_LIMIT)
        silent = "" if seen.good else f" for {duration(INIT_LIMIT)}"
        progress.did(f"{endpoint.url}: {seen.reason}{silent}")
        return InitOrJoin(self.context)


def judge_answer(answer: Answer) -> Look:
    """A refusal is good: the address is up, and no API server can be behind it before this node has made one."""
    return Look(answer.kind in (probe.ACCEPTED, probe.REFUSED), answer.text, probe.HINTS.get(answer.kind, ""))
