"""The init node's look around: rounds of probes, each judged by `choice`, until one of them decides."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kimg_agent.assembly.context import Context
from kimg_agent.assembly.initialise import Initialise
from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.wait_for_cluster import WaitForCluster
from kimg_agent.decision import beacon
from kimg_agent.decision.choice import Choice, Init, Join, Peer, Refuse, Round, Wait, choose, is_silent
from kimg_agent.etcd import members as etcd
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.trust import InvalidCertificate, read_certificates

_ETCD_CA = paths.PKI + "/etcd/ca.crt"


@dataclass(frozen=True)
class InitOrJoin:
    context: Context
    name = "init or join"

    def run(self, system: System, progress: Progress) -> Step:
        choices: list[Choice] = []
        silent_rounds, silent_since = 0, 0.0

        def look(waited: float) -> Look:
            nonlocal silent_rounds, silent_since
            seen = look_around(system, self.context)
            silent_rounds = silent_rounds + 1 if is_silent(seen) else 0
            silent_since = silent_since if silent_rounds > 1 else waited
            silence = waited - silent_since
            choices.append(choose(replace(seen, silent_rounds=silent_rounds, silent_seconds=silence)))
            return _look(choices[-1])

        wait_until(system, progress, "a decision", look)
        decided = choices[-1]
        if isinstance(decided, Refuse):
            raise PhaseFailed(Failure(decided.reason, decided.hint))
        assert isinstance(decided, (Init, Join))
        progress.did(f"{'init' if isinstance(decided, Init) else 'join'}: {decided.reason}")
        return Initialise(self.context) if isinstance(decided, Init) else WaitForCluster(self.context)


def look_around(system: System, context: Context) -> Round:
    """One round of probes: the endpoint and every other master."""
    node = context.node
    return Round(
        own_data=bool(system.list_files(paths.ETCD_MEMBER)),
        endpoint=probe.meet(system, node.endpoint, context.ca_pem, probe.TIMEOUT).kind,
        peers=tuple(_peer(system, context, address) for address in context.other_masters),
        unnamed=context.unnamed_masters,
        sealed=node.cluster_state != "new",
        silent_rounds=0,
        silent_seconds=0.0,
    )


def _peer(system: System, context: Context, address: str) -> Peer:
    api = probe.meet(system, Endpoint(address, context.node.api_port), context.ca_pem, probe.TIMEOUT)
    empty = beacon.says_empty(system, address, probe.TIMEOUT)
    return Peer(address, api.kind, _etcd(system, address, empty), empty)


def _etcd(system: System, address: str, empty: bool) -> str:
    """At its client port and, if that tells nothing, at its peer port, which an empty master's beacon has.

    A member completes no handshake with a client before it has a quorum, and answers its peers from the start (server/embed of etcd:
    `serveClients` waits for ReadyNotify).
    """
    kinds = []
    for port in (etcd.CLIENT_PORT,) if empty else (etcd.CLIENT_PORT, etcd.PEER_PORT):
        kinds.append(probe.meet(system, Endpoint(address, port), _etcd_ca(system), probe.TIMEOUT).kind)
        if kinds[-1] in (probe.MET, probe.OTHER_CA):
            return kinds[-1]
    return probe.STALLED if probe.STALLED in kinds else kinds[0]


def _etcd_ca(system: System) -> str:
    try:
        return read_certificates(system.read(_ETCD_CA))[0].pem
    except (OSError, InvalidCertificate):
        raise PhaseFailed(Failure(f"{_ETCD_CA} cannot be read", "render the seed again with `kimg render`")) from None


def _look(choice: Choice) -> Look:
    if isinstance(choice, Wait):
        return Look(False, choice.reason, choice.hint)
    return Look(True, choice.reason)
