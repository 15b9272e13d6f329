"""The cluster CA: its public key's hash and its validity, read from DER by hand because the standard library has no X.509 reader.

Only the fields before and up to the SubjectPublicKeyInfo are walked (RFC 5280, section 4.1). Nothing here verifies a signature:
that is OpenSSL's work, in `endpoint`.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from dataclasses import dataclass
from datetime import datetime, timezone

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

_SEQUENCE = 0x30
_EXPLICIT_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18


class InvalidCertificate(Exception):
    """The bytes are not a certificate; the message is for people."""


@dataclass(frozen=True)
class Certificate:
    pem: str
    # Lower-case hex of the SHA-256 over the SubjectPublicKeyInfo in DER: what kubeadm calls a CA cert hash.
    public_key_hash: str
    not_before: datetime
    not_after: datetime


def read_certificates(data: bytes) -> tuple[Certificate, ...]:
    """All certificates of a PEM file, in order; at least one."""
    found = _PEM.findall(data.decode("ascii", "replace"))
    if not found:
        raise InvalidCertificate("no PEM certificate in it")
    return tuple(_read_certificate(pem) for pem in found)


def pinned(certificates: tuple[Certificate, ...], public_key_hash: str) -> Certificate:
    """The certificate that the seed's hash names: the only one that is trusted, whatever else is in the file."""
    for certificate in certificates:
        if certificate.public_key_hash == public_key_hash:
            return certificate
    raise InvalidCertificate("its public key is not the one that ca_hash in node.json names")


@dataclass(frozen=True)
class _Element:
    tag: int
    content: bytes
    # Tag, length and content.
    whole: bytes


def _read_certificate(pem: str) -> Certificate:
    try:
        der = ssl.PEM_cert_to_DER_cert(pem + "\n")
        tbs = _children(_children(_element(der, 0).content)[0].content)
        # version is optional; then serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
        fields = tbs[1:] if tbs[0].tag == _EXPLICIT_VERSION else tbs
        validity, key = _children(fields[3].content), fields[5]
        if key.tag != _SEQUENCE:
            raise ValueError("no SubjectPublicKeyInfo")
        # OpenSSL must be able to read it too, or every later connection would fail for an unclear reason.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem + "\n")
        return Certificate(pem + "\n", hashlib.sha256(key.whole).hexdigest(), _time(validity[0]), _time(validity[1]))
    except (ValueError, IndexError, ssl.SSLError):
        raise InvalidCertificate("not a readable X.509 certificate") from None


def _children(data: bytes) -> list[_Element]:
    elements, offset = [], 0
    while offset < len(data):
        element = _element(data, offset)
        elements.append(element)
        offset += len(element.whole)
    return elements


def _element(data: bytes, start: int) -> _Element:
    tag, length, offset = data[start], data[start + 1], start + 2
    if length >= 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[offset : offset + size], "big")
        offset += size
    if offset + length > len(data):
        raise ValueError("cut short")
    return _Element(tag, data[offset : offset + length], data[start : offset + length])


def _time(element: _Element) -> datetime:
    text = element.content.decode("ascii")
    if element.tag == _UTC_TIME:
        # RFC 5280, 4.1.2.5.1: two digits from 50 on are of the last century.
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)
