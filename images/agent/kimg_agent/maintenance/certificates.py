"""The certificates that a node lives on: which there are, and when each ends. Reads files, changes none: that is `renewal`."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Iterable, Optional

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.seed.trust import Certificate, InvalidCertificate, read_certificates

# What `kubeadm certs renew all` renews, but for kubeconfigs: cmd/kubeadm/app/phases/certs/certlist.go.
PKI_LEAVES = (
    "apiserver",
    "apiserver-etcd-client",
    "apiserver-kubelet-client",
    "etcd/healthcheck-client",
    "etcd/peer",
    "etcd/server",
    "front-proxy-client",
)
# Each with a client certificate inside: cmd/kubeadm/app/phases/certs/renewal/manager.go.
KUBECONFIGS = ("admin.conf", "controller-manager.conf", "scheduler.conf", "super-admin.conf")

_CAS = ("ca", "etcd/ca", "front-proxy-ca")

# The kubelet renews this one by itself (rotateCertificates), and its kubeconfig names the file.
KUBELET_CLIENT = paths.KUBELET + "/pki/kubelet-client-current.pem"

_EMBEDDED = re.compile(rb"""^\s*(?:-\s+)?client-certificate-data:\s*["']?([A-Za-z0-9+/=]+)""", re.MULTILINE)


@dataclass(frozen=True)
class Leaf:
    # As people call it: "apiserver", "etcd/server", "admin.conf", "kubelet".
    name: str
    path: str
    not_before: datetime
    not_after: datetime
    pem: str


@dataclass(frozen=True)
class Unreadable:
    name: str
    path: str
    text: str


@dataclass(frozen=True)
class Certificates:
    """What is there. A file that is not there is in none of these: an external etcd, or a worker, has fewer."""

    # What kubeadm renews.
    renewed: tuple[Leaf, ...]
    kubelet: Optional[Leaf]
    authorities: tuple[Leaf, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def every(self) -> tuple[Leaf, ...]:
        return (*self.renewed, *((self.kubelet,) if self.kubelet else ()), *self.authorities)


def observe(system: System) -> Certificates:
    pki = [_read(system, name, f"{paths.KUBERNETES_PKI}/{name}.crt") for name in PKI_LEAVES]
    kubeconfigs = [_read(system, name, f"{paths.KUBERNETES}/{name}") for name in KUBECONFIGS]
    authorities = [_read(system, name, f"{paths.KUBERNETES_PKI}/{name}.crt") for name in _CAS]
    kubelet = _read(system, "kubelet", KUBELET_CLIENT)
    found = [*pki, *kubeconfigs, *authorities, kubelet]
    return Certificates(
        renewed=_leaves([*pki, *kubeconfigs]),
        kubelet=next(iter(_leaves([kubelet])), None),
        authorities=_leaves(authorities),
        unreadable=tuple(one for one in found if isinstance(one, Unreadable)),
    )


def renewed_files() -> tuple[str, ...]:
    """Every file that `kubeadm certs renew all` may write."""
    pki = [f"{paths.KUBERNETES_PKI}/{name}.{kind}" for name in PKI_LEAVES for kind in ("crt", "key")]
    return (*pki, *(f"{paths.KUBERNETES}/{name}" for name in KUBECONFIGS))


def nearest(leaves: Iterable[Leaf]) -> Optional[Leaf]:
    """The one that ends first."""
    return min(leaves, key=lambda leaf: leaf.not_after, default=None)


def window(leaf: Leaf, renew_before: float) -> float:
    """Seconds before its end in which a certificate is to be renewed. Never more than a third of its life, or a short-lived one
    would be renewed at every look.
    """
    return min(renew_before, (leaf.not_after - leaf.not_before).total_seconds() / 3)


def left(leaf: Leaf, now: datetime) -> float:
    """Seconds; negative after its end."""
    return (leaf.not_after - now).total_seconds()


def is_due(leaf: Leaf, now: datetime, renew_before: float) -> bool:
    return left(leaf, now) <= window(leaf, renew_before)


def embedded_certificate(kubeconfig: bytes) -> bytes:
    """The first client certificate in a kubeconfig as kubeadm writes it, as PEM; InvalidCertificate when there is none."""
    found = _EMBEDDED.search(kubeconfig)
    if not found:
        raise InvalidCertificate("no client certificate in it")
    try:
        return base64.b64decode(found.group(1), validate=True)
    except binascii.Error:
        raise InvalidCertificate("its client certificate is not base64") from None


def _leaves(found: Iterable[object]) -> tuple[Leaf, ...]:
    return tuple(one for one in found if isinstance(one, Leaf))


def _read(system: System, name: str, path: str) -> Leaf | Unreadable | None:
    try:
        certificate = _certificate(system.read(path), path)
    except FileNotFoundError:
        return None
    except InvalidCertificate as error:
        return Unreadable(name, path, str(error))
    except OSError as error:
        return Unreadable(name, path, (error.strerror or "cannot be read").lower())
    return Leaf(name, path, certificate.not_before, certificate.not_after, certificate.pem)


def _certificate(data: bytes, path: str) -> Certificate:
    if not data:
        raise InvalidCertificate("no content (0 bytes)")
    return read_certificates(embedded_certificate(data) if path.endswith(".conf") else data)[0]
