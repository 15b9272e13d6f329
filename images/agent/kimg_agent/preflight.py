"""The first phase: is this machine fit to become a node? Waits for what time mends, fails with everything that it does not."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.checks import examine
from kimg_agent.facts import Facts, Problem, observe
from kimg_agent.failure import EXIT_FAILED, EXIT_SEED, Failure, PhaseFailed
from kimg_agent.load_balancer import WaitForHaproxy
from kimg_agent.node import INIT, LOAD_BALANCER, Node
from kimg_agent.phase import Step
from kimg_agent.progress import Progress
from kimg_agent.result import FAIL_SEED, FAILURES, WAIT, Result, settle, with_status
from kimg_agent.system import System
from kimg_agent.trust import pinned
from kimg_agent.wait import Look, wait_until
from kimg_agent.wait_for_endpoint import WaitForAnswer, WaitForCluster


@dataclass(frozen=True)
class Preflight:
    name = "preflight"

    def run(self, system: System, progress: Progress) -> Step:
        observed: list[Facts] = []

        def look(waited: float) -> Look:
            facts = observe(system)
            _introduce(facts, progress, first=not observed)
            observed.append(facts)
            return judge(settle(examine(facts), waited))

        seen = wait_until(system, progress, "this machine", look)
        progress.passed(seen.results)
        return after_preflight(observed[-1])


def _introduce(facts: Facts, progress: Progress, first: bool) -> None:
    if first and isinstance(facts.node, Node):
        progress.know(facts.node, facts.node.name or facts.hostname.lower())


def judge(results: tuple[Result, ...]) -> Look:
    """Goes on, waits, or raises PhaseFailed. One failure is enough to fail at once: the other checks' news comes with it."""
    failures = with_status(results, *FAILURES)
    if failures:
        exit_code = EXIT_SEED if with_status(results, FAIL_SEED) else EXIT_FAILED
        reason = "; ".join(f"{result.name}: {result.found}" for result in failures)
        raise PhaseFailed(Failure(reason, failures[0].hint, exit_code, results))
    waits = with_status(results, WAIT)
    reason = "; ".join(f"{result.name}: {result.found}" for result in waits)
    return Look(not waits, reason, waits[0].hint if waits else "", results)


def after_preflight(facts: Facts) -> Step:
    """Only for facts that passed. How a node comes into the cluster decides what it waits for."""
    node, certificates = facts.node, facts.certificates
    assert not isinstance(node, Problem) and not isinstance(certificates, Problem)
    if node.bootstrap == LOAD_BALANCER:
        return WaitForHaproxy()
    if node.bootstrap == INIT:
        return WaitForAnswer(node.endpoint)
    return WaitForCluster(node.endpoint, pinned(certificates, node.ca_hash).pem)
