"""Init or join: the rule that keeps two clusters from being made of one seed. Pure; a test goes through its whole table.

The contract (docs/self-assembly.md, "Init or join") names the rows; the first that fits decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from kimg_agent.outside import endpoint as probe

# Silence counts after this many rounds and seconds: an etcd member and an API server of a cluster whose power came back with ours are up
# by then, on slow machines too.
SILENT_ROUNDS = 5
SILENT_SECONDS = 120.0


@dataclass(frozen=True)
class Peer:
    """What another master showed in one round."""

    address: str
    # Kinds of `endpoint.Answer`, at its API server's port and at etcd's ports.
    api: str
    etcd: str
    # Its agent says, authenticated, that it holds no etcd data.
    empty: bool


@dataclass(frozen=True)
class Round:
    # etcd data on this disk that this agent has not begun itself.
    own_data: bool
    endpoint: str
    peers: tuple[Peer, ...]
    # Other masters that cannot be asked: the seed has no addresses of theirs.
    unnamed: int
    # clusterState of the seed is not "new".
    sealed: bool
    # Rounds in a row, this one included, in which nothing of the cluster was seen, and the seconds since the first of them.
    silent_rounds: int
    silent_seconds: float


@dataclass(frozen=True)
class Init:
    reason: str


@dataclass(frozen=True)
class Join:
    reason: str


@dataclass(frozen=True)
class Wait:
    reason: str
    hint: str = ""


@dataclass(frozen=True)
class Refuse:
    reason: str
    hint: str


Choice = Union[Init, Join, Wait, Refuse]


def is_silent(seen: Round) -> bool:
    """Nobody of our cluster was met, and no master takes connections without saying in time whose it is."""
    return seen.endpoint != probe.MET and not any({probe.MET, probe.STALLED} & {peer.api, peer.etcd} for peer in seen.peers)


def choose(seen: Round) -> Choice:
    if seen.endpoint == probe.MET:
        return Join("the endpoint answers with a certificate of our CA: the cluster exists")
    return _refuse_stranger(seen) or _wait_for_cluster(seen) or _refuse_init(seen) or _init(seen)


def _refuse_stranger(seen: Round) -> Refuse | None:
    strangers = [peer.address for peer in seen.peers if probe.OTHER_CA in (peer.api, peer.etcd)]
    where = "the endpoint" if seen.endpoint == probe.OTHER_CA else f"the master {strangers[0]}" if strangers else ""
    if not where:
        return None
    hint = "compare endpoint, addresses and secrets of cluster.yaml with what runs there, or find the other machine with this address"
    return Refuse(f"wrong cluster or address clash: {where} answers with a certificate of another CA", hint)


def _wait_for_cluster(seen: Round) -> Wait | None:
    alive = [peer.address for peer in seen.peers if probe.MET in (peer.api, peer.etcd)]
    if not alive:
        return None
    hint = "bring back the load balancer or the other masters; this node will then join, and never make a second cluster"
    return Wait(f"the cluster exists ({', '.join(alive)}) but its endpoint does not answer", hint)


def _refuse_init(seen: Round) -> Refuse | None:
    if seen.sealed:
        hint = "the cluster of this seed exists somewhere: bring its endpoint back. To make a new one, set clusterState: new and render again"
        return Refuse("sealed: this seed may not make a cluster (clusterState: existing), and none answers", hint)
    if seen.own_data:
        hint = "bring the other masters back and this node joins; if all are lost, see `kimg recover`"
        return Refuse("etcd data of an earlier cluster is on this disk, and no cluster answers", hint)
    return None


def _init(seen: Round) -> Choice:
    if not seen.unnamed and all(peer.empty for peer in seen.peers):
        others = f"every other master ({len(seen.peers)}) says that it holds no data" if seen.peers else "no other master exists"
        return Init(f"the endpoint is silent and {others}")
    slow = [peer.address for peer in seen.peers if probe.STALLED in (peer.api, peer.etcd)]
    if slow:
        hint = "look at that machine: an API server or etcd that is overloaded may be of this cluster; if it is none, stop it"
        return Wait(f"{', '.join(slow)} takes connections and does not say whose it is", hint)
    if seen.silent_rounds >= SILENT_ROUNDS and seen.silent_seconds >= SILENT_SECONDS:
        return Init(f"nothing of this cluster answered for {seen.silent_seconds:.0f} s")
    if seen.unnamed:
        return Wait("for a sign of an older cluster: masters whose addresses cluster.yaml does not have cannot be asked")
    missing = [peer.address for peer in seen.peers if not peer.empty]
    return Wait(f"for a sign of an older cluster, or word of its absence from {', '.join(missing)}")
