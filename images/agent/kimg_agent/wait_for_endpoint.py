"""The two waits for the cluster's endpoint: a joiner's for a ready API server of our CA, the init node's for any sign of life."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent import endpoint as probe
from kimg_agent.console import duration
from kimg_agent.endpoint import Answer, Endpoint
from kimg_agent.failure import Failure, PhaseFailed
from kimg_agent.phase import READY, Step, Stop
from kimg_agent.progress import Progress
from kimg_agent.system import System
from kimg_agent.wait import Look, wait_until

PROBE_TIMEOUT = 5.0
INIT_LIMIT = 600.0

_HINTS = {
    probe.UNRESOLVED: "look at /etc/resolv.conf and at the endpoint's DNS record",
    probe.UNREACHABLE: "look at this machine's routes and network",
    probe.TIMED_OUT: "is the load balancer on, and does a firewall drop the port?",
    probe.REFUSED: "nothing listens there yet: is the load balancer or the first master on?",
    probe.CLOSED: "the load balancer is there and no master behind it is ready yet",
    probe.NOT_TLS: "something else than an API server listens there",
    probe.OUT_OF_DATE: "compare the clocks of this machine and of the masters",
    probe.NOT_READY: "the API server is starting; 401 or 403 means that anonymous requests, which joining needs, are turned off",
}


@dataclass(frozen=True)
class WaitForCluster:
    """A joiner's wait, without limit."""

    endpoint: Endpoint
    ca_pem: str
    name = "wait for the cluster"

    def run(self, system: System, progress: Progress) -> Step:
        def look(_: float) -> Look:
            return judge_cluster(self.endpoint, probe.ask_ready(system, self.endpoint, self.ca_pem, PROBE_TIMEOUT))

        start = system.monotonic()
        wait_until(system, progress, self.endpoint.url, look)
        waited = duration(system.monotonic() - start)
        found = f"{self.endpoint.url}/readyz answers 200 with our CA, after {waited}; this agent goes no further yet"
        return Stop("ready to join", READY, found)


def judge_cluster(endpoint: Endpoint, answer: Answer) -> Look:
    """What an answer means to a joiner: join, wait, or raise PhaseFailed because it is not our cluster."""
    if answer.kind == probe.OTHER_CA:
        reason = f"wrong cluster or address clash: {endpoint.url} answers with a certificate of another CA"
        hint = "compare endpoint and secrets of cluster.yaml with what runs there, or find the other machine with this address"
        raise PhaseFailed(Failure(reason, hint))
    if answer.kind == probe.WRONG_NAME:
        hint = "add the endpoint to the API servers' certificates (apiServer.certSANs), or correct endpoint in cluster.yaml"
        raise PhaseFailed(Failure(f"{endpoint.url}: {answer.text}", hint))
    return Look(answer.kind == probe.READY, answer.text, _HINTS.get(answer.kind, ""))


@dataclass(frozen=True)
class WaitForAnswer:
    """The init node's wait: any TCP answer will do, and after the limit none: this node is the one that makes the cluster."""

    endpoint: Endpoint
    name = "wait for the endpoint"

    def run(self, system: System, progress: Progress) -> Step:
        def look(_: float) -> Look:
            return judge_answer(probe.knock(system, self.endpoint, PROBE_TIMEOUT))

        seen = wait_until(system, progress, self.endpoint.url, look, INIT_LIMIT)
        silent = "" if seen.good else f" for {duration(INIT_LIMIT)}"
        found = f"{self.endpoint.url}: {seen.reason}{silent}; this agent goes no further yet"
        return Stop("ready to init", READY, found)


def judge_answer(answer: Answer) -> Look:
    """A refusal is good: the address is up, and no API server can be behind it before this node has made one."""
    return Look(answer.kind in (probe.ACCEPTED, probe.REFUSED), answer.text, _HINTS.get(answer.kind, ""))
