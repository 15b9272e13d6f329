"""Observes what etcd knows of this machine, through whichever member answers, and what this disk holds of etcd. Judged by `membership`."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Iterator, Optional

from kimg_agent.assembly import joined
from kimg_agent.assembly.context import Context
from kimg_agent.decision.membership import Seen
from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import Access, EtcdError
from kimg_agent.etcd.members import Member
from kimg_agent.kubernetes import kubectl
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System
from kimg_agent.state import credentials

TIMEOUT = 5.0

_ADVERTISED = "kubeadm.kubernetes.io/etcd.advertise-client-urls"


@dataclass(frozen=True)
class EtcdMembers:
    seen: Seen
    # The member that answered, for further requests.
    endpoint: Optional[Endpoint]


def observe(system: System, context: Context, access: Access) -> EtcdMembers:
    members, endpoint = _list(system, context, access)
    urls = [etcd.peer_url(str(address)) for address in context.addresses]
    own = etcd.own_member(members or (), context.name, urls)
    healthy = [member for member in etcd.voters(members or ()) if member != own and _answers(system, member, access)]
    seen = Seen(
        members=members,
        own=own,
        elsewhere=own is not None and not set(own.peer_urls) & set(urls) and _answers(system, own, access),
        healthy=len(healthy),
        data=bool(system.list_files(paths.ETCD_MEMBER)),
        whole=joined.is_whole(system, control_plane=True),
    )
    return EtcdMembers(seen, endpoint)


def _list(system: System, context: Context, access: Access) -> tuple[Optional[tuple[Member, ...]], Optional[Endpoint]]:
    """A list that a quorum stands behind: one member's own view may be old."""
    for endpoint in _endpoints(system, context):
        try:
            return etcd.list_members(system, endpoint, access, TIMEOUT), endpoint
        except EtcdError:
            continue
    return None, None


def _endpoints(system: System, context: Context) -> Iterator[Endpoint]:
    """Those that the seed names; then those that the cluster knows, for masters may have come by their addresses later."""
    named = [Endpoint(address, etcd.CLIENT_PORT) for address in context.other_masters]
    yield from named
    yield from (endpoint for endpoint in _advertised(system) if endpoint not in named)


def _advertised(system: System) -> Iterator[Endpoint]:
    """Where kubeadm itself looks for etcd's members: an annotation of their pods (cmd/kubeadm/app/util/etcd/etcd.go)."""
    pods = ("get", "pods", "--namespace=kube-system", "--selector=component=etcd", "--output=json")
    found = kubectl.read_json(system, (*kubectl.with_kubeconfig(credentials.ADMIN), *pods)) or {}
    for pod in found.get("items", []):
        with contextlib.suppress(ValueError):
            yield etcd.endpoint_of(pod["metadata"].get("annotations", {}).get(_ADVERTISED, ""))


def _answers(system: System, member: Member, access: Access) -> bool:
    for url in member.client_urls:
        try:
            etcd.read_status(system, etcd.endpoint_of(url), access, TIMEOUT)
            return True
        except (EtcdError, ValueError):
            continue
    return False
