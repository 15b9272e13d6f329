"""Reads what the seed says of this node (node.json) and what the image says of itself (image.json). Pure: bytes in, nouns out.

Messages name the key and the type that was found, never the value: a seed in the wrong place may hold a secret.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any, Mapping, Union

from kimg_agent.outside.endpoint import Endpoint

KNOWN_VERSION = 1

INIT = "init"
JOIN_CONTROL_PLANE = "join-control-plane"
JOIN_WORKER = "join-worker"
LOAD_BALANCER = "load-balancer"
BOOTSTRAPS = (INIT, JOIN_CONTROL_PLANE, JOIN_WORKER, LOAD_BALANCER)
CONTROL_PLANES = (INIT, JOIN_CONTROL_PLANE)

CLUSTER_STATES = ("new", "existing")

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")

Subnet = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class InvalidInput(Exception):
    """A file of the seed or the image is not what this agent knows; the message is for people."""


@dataclass(frozen=True)
class Node:
    cluster: str
    # "" for a pool: such a machine has the name that its instance gave it.
    name: str
    role: str
    bootstrap: str
    endpoint: Endpoint
    # Lower-case hex of the SHA-256 over the CA's SubjectPublicKeyInfo.
    ca_hash: str
    cluster_state: str
    # Empty means that no subnet is checked.
    node_subnets: tuple[Subnet, ...]
    # How many there are in cluster.yaml, this machine counted.
    masters: int
    # Addresses of the masters, as far as cluster.yaml gives them any.
    peers: tuple[Address, ...]
    # "" when this node runs no kubeadm. An init node has two: it joins where the cluster is there already.
    kubeadm_config: str
    join_config: str
    # Where the masters' own API servers listen, whatever port the endpoint has.
    api_port: int
    # Its place among the masters, 0 for the first; 0 for all others.
    ordinal: int
    # The user has told the kubelet to live with swap.
    swap_allowed: bool


@dataclass(frozen=True)
class Image:
    role: str
    # "" for an image without Kubernetes.
    kubernetes: str
    container_images: tuple[str, ...]


def parse_node(data: bytes) -> Node:
    document = _document(data)
    return Node(
        cluster=_text(document, "cluster"),
        name=_text(document, "node"),
        role=_text(document, "role"),
        bootstrap=_one_of(document, "bootstrap", BOOTSTRAPS),
        endpoint=_endpoint(document),
        ca_hash=_ca_hash(document),
        cluster_state=_one_of(document, "cluster_state", CLUSTER_STATES),
        node_subnets=tuple(_subnet(text) for text in _texts(document, "node_subnets")),
        masters=_number(document, "masters", 0, 9999),
        peers=tuple(_address(text) for text in _texts(document, "peers")),
        kubeadm_config=_text(document, "kubeadm_config"),
        join_config=_text(document, "join_config"),
        api_port=_number(document, "api_port", 1, 65535),
        ordinal=_number(document, "ordinal", 0, 9999),
        swap_allowed=document.get("swap_allowed") is True,
    )


def parse_image(data: bytes) -> Image:
    document = _document(data)
    kubernetes = document.get("kubernetes")
    return Image(
        role=_text(document, "role"),
        kubernetes="" if kubernetes is None else _text(document, "kubernetes"),
        container_images=tuple(_texts(document, "containerImages")),
    )


def _document(data: bytes) -> Mapping[str, Any]:
    if not data:
        raise InvalidInput("the file is empty (0 bytes)")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"not JSON{place}") from None
    if not isinstance(document, dict):
        raise InvalidInput("not a JSON object")
    if document.get("version") != KNOWN_VERSION:
        raise InvalidInput(f"version is not {KNOWN_VERSION}, the only one that this agent knows")
    return document


def _expected(key: str, what: str, found: object) -> InvalidInput:
    kind = "nothing" if found is None else type(found).__name__
    return InvalidInput(f"{key}: expected {what}, found {kind}")


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise _expected(key, "a string", value)
    return value


def _texts(document: Mapping[str, Any], key: str) -> list[str]:
    value = document.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _expected(key, "a list of strings", value)
    return value


def _number(document: Mapping[str, Any], key: str, least: int, most: int, path: str = "") -> int:
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _expected(path or key, f"a number from {least} to {most}", value)
    return value


def _one_of(document: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = _text(document, key)
    if value not in allowed:
        raise InvalidInput(f"{key}: expected one of {', '.join(allowed)}")
    return value


def _endpoint(document: Mapping[str, Any]) -> Endpoint:
    value = document.get("endpoint")
    if not isinstance(value, dict):
        raise _expected("endpoint", "an object with host and port", value)
    host = value.get("host")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise _expected("endpoint.host", "an address (IPv6 without brackets) or an ASCII name", host)
    return Endpoint(host, _number(value, "port", 1, 65535, "endpoint.port"))


def _ca_hash(document: Mapping[str, Any]) -> str:
    algorithm, _, digest = _text(document, "ca_hash").partition(":")
    if algorithm != "sha256" or len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
        raise InvalidInput("ca_hash: expected sha256: and 64 hexadecimal digits")
    return digest.lower()


def _subnet(text: str) -> Subnet:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput("node_subnets: expected addresses with a prefix length, such as 10.0.0.0/24") from None


def _address(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInput("peers: expected addresses, such as 10.0.0.21") from None
