"""What a joining master does about etcd before kubeadm runs: the members' list still knows this machine, or its disk still holds data.

Pure: what is observed goes in, one action comes out. etcd admits a new member only by a quorum of the old ones, and one that lost its data
must not come back under its old id (https://etcd.io/docs/v3.6/op-guide/runtime-configuration/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from kimg_agent.etcd.members import Member, quorum, voters


@dataclass(frozen=True)
class Seen:
    # None: etcd gives no list, for it has no quorum or nobody answers.
    members: Optional[tuple[Member, ...]]
    own: Optional[Member]
    # That member answers at an address which is not this machine's.
    elsewhere: bool
    # Voters that answer, this machine not counted.
    healthy: int
    # etcd data is on this disk.
    data: bool
    # kubelet, static pods and certificates of an earlier join are there, each with content.
    whole: bool


@dataclass(frozen=True)
class JoinAnew:
    """Clear the disk, remove this member from the list if it is there, run kubeadm join."""

    remove: Optional[Member]
    reason: str


@dataclass(frozen=True)
class Resume:
    """A voter with its data: start what is there. Never removed, for the others may have no quorum without it."""

    reason: str


@dataclass(frozen=True)
class Stuck:
    reason: str
    hint: str


Action = Union[JoinAnew, Resume, Stuck]

_RECOVER = "bring back another master; if they are lost, see `kimg recover`"


def judge(seen: Seen) -> Action:
    if seen.members is None:
        return _without_quorum(seen)
    if seen.own is None:
        return JoinAnew(None, "etcd knows no member of this machine")
    if seen.elsewhere:
        hint = "give this machine another name, or switch the other one off"
        return Stuck(f"another machine is the etcd member {seen.own.name}, and alive", hint)
    if seen.own.learner:
        return JoinAnew(seen.own, "its etcd member never became a voter")
    if seen.data and seen.whole:
        return Resume("its etcd member is a voter and has its data")
    return _replace_voter(seen, seen.own, seen.members)


def _without_quorum(seen: Seen) -> Action:
    if seen.data and seen.whole:
        return Resume("etcd has no quorum, and this machine holds a member's data")
    return Stuck("etcd has no quorum: it can admit no member", _RECOVER)


def _replace_voter(seen: Seen, own: Member, members: tuple[Member, ...]) -> Action:
    """A dead voter at this machine's address: gone only if all the others that a quorum takes are up."""
    if seen.healthy >= quorum(members):
        return JoinAnew(own, "its etcd member has lost its data")
    needed = f"{seen.healthy} of {len(voters(members)) - 1} others answer, {quorum(members)} are needed"
    return Stuck(f"its old etcd member cannot be removed: {needed}", _RECOVER)
