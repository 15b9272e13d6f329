"""How etcd is, seen from one of its own nodes: its own member, and which of the others answer. Observes, and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import EtcdError
from kimg_agent.etcd.members import Member, Status
from kimg_agent.outside.system import System

TIMEOUT = 5.0


@dataclass(frozen=True)
class EtcdHealth:
    # Why there is no answer from this node's own member, in words; then the rest is empty.
    problem: str = ""
    own: Optional[Status] = None
    members: tuple[Member, ...] = field(default=())
    # Other members that have started and do not answer, or complain.
    silent: tuple[Member, ...] = field(default=())

    @property
    def healthy_others(self) -> int:
        """Voters only, this node not counted."""
        assert self.own
        own = self.own.member_id
        return sum(
            member.id != own and member not in self.silent and not etcd.unstarted(member) for member in etcd.voters(self.members)
        )

    @property
    def leader(self) -> Optional[Member]:
        return next((member for member in self.members if self.own and member.id == self.own.leader), None)

    def name_of(self, member: Member) -> str:
        """One that never started has no name, only the address that it was to have."""
        return member.name or ", ".join(member.peer_urls)


def observe(system: System) -> EtcdHealth:
    """Also when etcd has no quorum: the list is then what this member itself knows."""
    here, access = etcd.local_endpoint(system), etcd.KUBEADM_ACCESS
    try:
        own = etcd.read_status(system, here, access, TIMEOUT)
        members = etcd.list_members(system, here, access, TIMEOUT, linearizable=False)
    except EtcdError as error:
        return EtcdHealth(problem=str(error))
    others = [member for member in members if member.id != own.member_id and not etcd.unstarted(member)]
    return EtcdHealth("", own, members, tuple(member for member in others if not _is_well(system, member)))


def _is_well(system: System, member: Member) -> bool:
    for url in member.client_urls:
        try:
            return not etcd.read_status(system, etcd.endpoint_of(url), etcd.KUBEADM_ACCESS, TIMEOUT).errors
        except (EtcdError, ValueError):
            continue
    return False
