"""A joiner's wait for a ready API server of our CA behind the endpoint."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from kimg_agent.assembly.context import Context
from kimg_agent.assembly.join import Join
from kimg_agent.assembly.phase import Step
from kimg_agent.decision import beacon
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.node import JOIN_CONTROL_PLANE
from kimg_agent.state import steps


@dataclass(frozen=True)
class WaitForCluster:
    """A joiner's wait, without limit."""

    context: Context
    name = "wait for the cluster"

    def run(self, system: System, progress: Progress) -> Step:
        endpoint = self.context.node.endpoint

        def look(_: float) -> Look:
            return judge_cluster(endpoint, probe.ask_ready(system, endpoint, self.context.ca_pem, probe.TIMEOUT))

        start = system.monotonic()
        with beacon.shining(system) if self._may_say_empty(system) else contextlib.nullcontext():
            wait_until(system, progress, endpoint.url, look)
        progress.did(f"{endpoint.url}/readyz answers 200 with our CA, after {duration(system.monotonic() - start)}")
        return Join(self.context)

    def _may_say_empty(self, system: System) -> bool:
        if self.context.node.bootstrap != JOIN_CONTROL_PLANE:
            return False
        return steps.read_step(system) == steps.NOTHING and not system.list_files(paths.ETCD)


def judge_cluster(endpoint: Endpoint, answer: Answer) -> Look:
    """What an answer means to a joiner: join, wait, or raise PhaseFailed because it is not our cluster."""
    if answer.kind == probe.OTHER_CA:
        reason = f"wrong cluster or address clash: {endpoint.url} answers with a certificate of another CA"
        hint = "compare endpoint and secrets of cluster.yaml with what runs there, or find the other machine with this address"
        raise PhaseFailed(Failure(reason, hint))
    if answer.kind == probe.WRONG_NAME:
        hint = "add the endpoint to the API servers' certificates (apiServer.certSANs), or correct endpoint in cluster.yaml"
        raise PhaseFailed(Failure(f"{endpoint.url}: {answer.text}", hint))
    return Look(answer.kind == probe.READY, answer.text, probe.HINTS.get(answer.kind, ""))
