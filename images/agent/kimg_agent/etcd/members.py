"""etcd's members, their state and their data, asked of one member's JSON gateway; and what a list of members means. Judges nothing.

Fields as in etcd's api/etcdserverpb/rpc.proto (3.5 to 3.7): protobuf's JSON has 64-bit numbers as decimal strings and leaves out
what is zero, false or empty.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Mapping, Optional, Sequence
from urllib.parse import urlsplit

from kimg_agent.etcd.gateway import MALFORMED, Access, EtcdError, ask, ask_stream
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System

CLIENT_PORT = 2379
PEER_PORT = 2380

# Made by kubeadm on every stacked control plane: for the liveness probe that etcd once had, and for such as this.
KUBEADM_ACCESS = Access(paths.KUBERNETES_PKI + "/etcd/ca.crt", paths.ETCD_CLIENT + ".crt", paths.ETCD_CLIENT + ".key")

# kubeadm lets etcd listen there beside the node's own address, and puts it into the certificate.
LOCAL = Endpoint("127.0.0.1", CLIENT_PORT)

_MANIFEST = paths.STATIC_PODS + "/etcd.yaml"
_LISTEN = re.compile(rb"--listen-client-urls=(\S+)")

_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Member:
    id: int
    # "" until the member has started for the first time.
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...]
    learner: bool


@dataclass(frozen=True)
class Status:
    """Of the member that was asked."""

    # A member's id; 0 when there is no leader.
    leader: int
    member_id: int
    # Bytes.
    db_size: int
    # Of etcd itself, such as "3.7.0".
    version: str
    raft_index: int
    # Alarms and such as "etcdserver: no leader"; empty when all is well.
    errors: tuple[str, ...]


def list_members(
    system: System, endpoint: Endpoint, access: Access, timeout: float = 10.0, linearizable: bool = True
) -> tuple[Member, ...]:
    """In order of their ids. Not linearizable: what this member itself knows, which it says without a quorum, too."""
    document = ask(system, endpoint, access, "/v3/cluster/member/list", {"linearizable": linearizable}, timeout)
    return _members(document, endpoint)


def remove_member(system: System, endpoint: Endpoint, access: Access, member_id: int, timeout: float = 10.0) -> tuple[Member, ...]:
    """The members that are left. EtcdError with code NOT_FOUND when it is gone already, UNAVAILABLE without a quorum."""
    document = ask(system, endpoint, access, "/v3/cluster/member/remove", {"ID": str(member_id)}, timeout)
    return _members(document, endpoint)


def read_status(system: System, endpoint: Endpoint, access: Access, timeout: float = 10.0) -> Status:
    document = ask(system, endpoint, access, "/v3/maintenance/status", {}, timeout)
    try:
        return parse_status(document)
    except (KeyError, TypeError, ValueError):
        raise _not_known(endpoint) from None


def stream_snapshot(system: System, endpoint: Endpoint, access: Access, timeout: float = 60.0) -> Iterator[bytes]:
    """The bytes of a snapshot file as etcdctl and etcdutl know it: the database, then the SHA-256 of it.

    The last piece comes only when the digest is right; EtcdError otherwise, and also when the stream ends early. `timeout` is
    seconds for each piece, not for all of them.
    """
    digest, held = hashlib.sha256(), b""
    for message in ask_stream(system, endpoint, access, "/v3/maintenance/snapshot", {}, timeout):
        if held:
            digest.update(held)
            yield held
        held = _blob(message, endpoint)
    if len(held) != _DIGEST or held != digest.digest():
        raise EtcdError(MALFORMED, f"{endpoint.url}: the snapshot was cut short or damaged on its way")
    yield held


def local_endpoint(system: System) -> Endpoint:
    """This node's own member on loopback: LOCAL, but ::1 where the node's address is IPv6 (kubeadm's phases/etcd/local.go)."""
    try:
        urls = _LISTEN.search(system.read(_MANIFEST))
        return endpoint_of(urls.group(1).decode("ascii").split(",")[0]) if urls else LOCAL
    except (OSError, ValueError):
        return LOCAL


def peer_url(address: str) -> str:
    """As kubeadm gives it to the member at this address."""
    return Endpoint(address, PEER_PORT).url


def endpoint_of(url: str) -> Endpoint:
    """Of a client or peer URL; ValueError when it has no host or no port."""
    parts = urlsplit(url)
    if not parts.hostname or not parts.port:
        raise ValueError("no host and port in the URL")
    return Endpoint(parts.hostname, parts.port)


def own_member(members: Iterable[Member], name: str, peer_urls: Sequence[str]) -> Optional[Member]:
    """The member with one of these peer URLs, else the one with this name: one that has not started has only its peer URLs."""
    every = tuple(members)
    by_url = [member for member in every if set(member.peer_urls) & set(peer_urls)]
    by_name = [member for member in every if name and member.name == name]
    return next(iter(by_url + by_name), None)


def voters(members: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(member for member in members if not member.learner)


def quorum(members: Iterable[Member]) -> int:
    """How many voters must be up for a write."""
    return len(voters(members)) // 2 + 1


def unstarted(member: Member) -> bool:
    """Added to the cluster, and never run since: rpc.proto says that its name is empty, and so are its client URLs."""
    return not member.name and not member.client_urls


def parse_members(document: Mapping[str, Any]) -> tuple[Member, ...]:
    """From a MemberListResponse or MemberRemoveResponse; KeyError, TypeError or ValueError when it is none."""
    members = (
        Member(
            id=int(entry["ID"]),
            name=str(entry.get("name", "")),
            peer_urls=_texts(entry.get("peerURLs", [])),
            client_urls=_texts(entry.get("clientURLs", [])),
            learner=bool(entry.get("isLearner", False)),
        )
        for entry in document.get("members", [])
    )
    return tuple(sorted(members, key=lambda member: member.id))


def parse_status(document: Mapping[str, Any]) -> Status:
    """From a StatusResponse; KeyError, TypeError or ValueError when it is none."""
    return Status(
        leader=int(document.get("leader", 0)),
        member_id=int(document["header"]["member_id"]),
        db_size=int(document.get("dbSize", 0)),
        version=str(document["version"]),
        raft_index=int(document.get("raftIndex", 0)),
        errors=_texts(document.get("errors", [])),
    )


def _members(document: Mapping[str, Any], endpoint: Endpoint) -> tuple[Member, ...]:
    try:
        return parse_members(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _not_known(endpoint) from None


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("not a list of strings")
    return tuple(value)


def _blob(message: Mapping[str, Any], endpoint: Endpoint) -> bytes:
    try:
        return base64.b64decode(message["blob"], validate=True)
    except (KeyError, TypeError, binascii.Error):
        raise _not_known(endpoint) from None


def _not_known(endpoint: Endpoint) -> EtcdError:
    return EtcdError(MALFORMED, f"{endpoint.url}: an answer that etcd is not known to give")
