"""The first phase: is this machine fit to become a node? Waits for what time mends, fails with everything that it does not."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.assembly.add_ons import AddOns
from kimg_agent.assembly.context import Context
from kimg_agent.assembly.initialise import Initialise
from kimg_agent.assembly.join import after_a_cut
from kimg_agent.assembly.load_balancer import WaitForHaproxy
from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.recover import Recover
from kimg_agent.assembly.seal import Seal
from kimg_agent.assembly.wait_for_answer import WaitForAnswer
from kimg_agent.assembly.wait_for_cluster import WaitForCluster
from kimg_agent.fitness.checks import examine
from kimg_agent.fitness.facts import Facts, Problem, observe
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import EXIT_FAILED, EXIT_SEED, Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.result import FAIL_SEED, FAILURES, WAIT, Result, settle, with_status
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.node import CONTROL_PLANES, INIT, LOAD_BALANCER, Node
from kimg_agent.seed.trust import pinned
from kimg_agent.state import recovery, steps


@dataclass(frozen=True)
class Preflight:
    name = "preflight"

    def run(self, system: System, progress: Progress) -> Step:
        if steps.read_step(system) == steps.MEMBER:
            return Seal()  # what preflight looks for may be erased already
        observed: list[Facts] = []

        def look(waited: float) -> Look:
            facts = observe(system)
            _introduce(facts, progress, first=not observed)
            observed.append(facts)
            return judge(settle(examine(facts), waited))

        seen = wait_until(system, progress, "this machine", look)
        progress.passed(seen.results)
        return after_preflight(system, observed[-1])


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


def after_preflight(system: System, facts: Facts) -> Step:
    """Only for facts that passed: what was begun on this disk goes on, and else how a node comes into its cluster decides."""
    node, context = _context(facts)
    if node.bootstrap == LOAD_BALANCER:
        return WaitForHaproxy()
    asked = recovery.pending(system) if node.bootstrap in CONTROL_PLANES else None
    if asked:
        return Recover(context, asked)
    step = steps.read_step(system)
    if step == steps.INITIALISED:
        return AddOns(context)
    if step == steps.INIT and _has_made_anything(system):
        return Initialise(context)
    if step == steps.JOIN:
        return after_a_cut(context, system) or WaitForCluster(context)
    return WaitForAnswer(context) if node.bootstrap == INIT else WaitForCluster(context)


def _has_made_anything(system: System) -> bool:
    """An init that was cut off before is no cluster yet: another may have been made since, by a machine that took this one's place."""
    return bool(system.list_files(paths.STATIC_PODS) or system.list_files(paths.ETCD_MEMBER))


def _context(facts: Facts) -> tuple[Node, Context]:
    node, certificates, addresses, image = facts.node, facts.certificates, facts.addresses, facts.image
    assert not isinstance(node, Problem) and not isinstance(certificates, Problem) and not isinstance(image, Problem)
    own = () if isinstance(addresses, Problem) else tuple(found.address for found in addresses)
    name = node.name or facts.hostname.lower()
    return node, Context(node, name, pinned(certificates, node.ca_hash).pem, image.kubernetes, own)
