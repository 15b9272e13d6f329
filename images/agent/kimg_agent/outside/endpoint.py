"""Asks an address what it is: over TCP alone, or over TLS pinned to one CA. Says what answered and judges nothing."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Callable

from kimg_agent.outside.system import System

# What was met, from nothing at all to a ready API server of our cluster.
UNRESOLVED = "unresolved"
UNREACHABLE = "unreachable"
TIMED_OUT = "timed-out"
REFUSED = "refused"
ACCEPTED = "accepted"  # TCP only: nothing was asked over it
STALLED = "stalled"  # TCP accepted, then no TLS answer in time
CLOSED = "closed"  # TCP accepted, then closed before TLS or HTTP answered
NOT_TLS = "not-tls"
OTHER_CA = "other-ca"
WRONG_NAME = "wrong-name"  # our CA, but the certificate is not for this host
OUT_OF_DATE = "out-of-date"  # our CA, but not valid at the time that our clock shows
NOT_READY = "not-ready"  # our CA, and an HTTP status that is not 200
READY = "ready"
MET = "met"  # our CA; nothing else was asked

# What a person may do about each.
HINTS = {
    UNRESOLVED: "look at /etc/resolv.conf and at the endpoint's DNS record",
    UNREACHABLE: "look at this machine's routes and network",
    TIMED_OUT: "is the load balancer on, and does a firewall drop the port?",
    STALLED: "something listens there, and is overloaded, starting, or no API server",
    REFUSED: "nothing listens there yet: is the load balancer or the first master on?",
    CLOSED: "the load balancer is there and no master behind it is ready yet",
    NOT_TLS: "something else than an API server listens there",
    OUT_OF_DATE: "compare the clocks of this machine and of the masters",
    NOT_READY: "the API server is starting; 401 or 403 means that anonymous requests, which joining needs, are turned off",
}

# Seconds that the phases give to each step of a probe.
TIMEOUT = 5.0

_LONGEST_STATUS_LINE = 4096

# X509_V_ERR_* of OpenSSL's x509_vfy.h.
_OUT_OF_DATE_CODES = (9, 10)
_WRONG_NAME_CODES = (62, 64)
_OTHER_CA_CODES = (
    2,  # issuer's certificate not found
    7,  # signature does not fit: a CA of the same name with another key
    18,  # self-signed
    19,  # self-signed certificate in the chain
    20,  # issuer not known here
    21,  # first certificate cannot be verified
    30,  # authority key identifier does not fit
)

# ssl.VERIFY_X509_PARTIAL_CHAIN has a name from Python 3.10 on. It lets a cluster CA that is not self-signed be the anchor.
_PARTIAL_CHAIN = 0x80000


@dataclass(frozen=True)
class Endpoint:
    # An IPv6 address is without brackets here.
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"https://{self.authority}"

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    kind: str
    # For people, stable from one probe to the next so that a change of it is news.
    text: str


def knock(system: System, endpoint: Endpoint, timeout: float) -> Answer:
    """TCP alone: is anything there that accepts or refuses?"""
    connected = _connect(system, endpoint, timeout)
    if isinstance(connected, Answer):
        return connected
    connected.close()
    return Answer(ACCEPTED, "TCP connection accepted")


def ask_ready(system: System, endpoint: Endpoint, ca_pem: str, timeout: float) -> Answer:
    """GET /readyz over TLS, trusting `ca_pem` alone. `timeout` is seconds for each of: connect, handshake, answer."""
    answer = _ask(system, endpoint, _context(ca_pem), timeout)
    if answer.kind != WRONG_NAME:
        return answer
    # OpenSSL looks at names before it looks at signatures, so only a second look without names tells whose CA it is.
    unnamed = _context(ca_pem)
    unnamed.check_hostname = False
    second = _ask(system, endpoint, unnamed, timeout)
    return answer if second.kind in (READY, NOT_READY) else second


def meet(system: System, endpoint: Endpoint, ca_pem: str, timeout: float) -> Answer:
    """Whose certificate is shown there? MET when it is of `ca_pem`, whatever name and dates it has. No client certificate is needed,
    not even by etcd: in TLS 1.3 (RFC 8446, section 2) the client is through before the server asks for one.
    """
    context = _context(ca_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    answer = _over_tls(system, endpoint, context, timeout, lambda _: Answer(MET, "a certificate of our CA"))
    return Answer(MET, answer.text) if answer.kind == OUT_OF_DATE else answer


def _context(ca_pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and host name by default
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= _PARTIAL_CHAIN
    context.load_verify_locations(cadata=ca_pem)
    return context


def _ask(system: System, endpoint: Endpoint, context: ssl.SSLContext, timeout: float) -> Answer:
    return _over_tls(system, endpoint, context, timeout, lambda secured: _ask_over_tls(system, secured, endpoint, timeout))


def _over_tls(
    system: System, endpoint: Endpoint, context: ssl.SSLContext, timeout: float, use: Callable[[ssl.SSLSocket], Answer]
) -> Answer:
    connected = _connect(system, endpoint, timeout)
    if isinstance(connected, Answer):
        return connected
    with connected:
        try:
            with context.wrap_socket(connected, server_hostname=endpoint.host) as secured:
                return use(secured)
        except ssl.SSLCertVerificationError as error:
            return _untrusted(error, endpoint)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):  # Python 3.9 has the second one for an end before TLS began
            return _closed()
        except ssl.SSLError as error:
            return _no_tls(error)
        except socket.timeout:
            return Answer(STALLED, f"no TLS answer within {timeout:g} s")
        except OSError:
            return _closed()


def _connect(system: System, endpoint: Endpoint, timeout: float) -> socket.socket | Answer:
    try:
        return system.connect(endpoint.host, endpoint.port, timeout)
    except socket.gaierror as error:
        return Answer(UNRESOLVED, f"the name does not resolve ({error.strerror or error})")
    except UnicodeError:
        return Answer(UNRESOLVED, "the name does not resolve (not a host name)")
    except (socket.timeout, TimeoutError):  # ours, and the kernel's; one class from Python 3.10 on
        return _timed_out("TCP answer", timeout)
    except ConnectionRefusedError:
        return Answer(REFUSED, "connection refused")
    except OSError as error:
        return Answer(UNREACHABLE, (error.strerror or str(error)).lower())


def _ask_over_tls(system: System, secured: ssl.SSLSocket, endpoint: Endpoint, timeout: float) -> Answer:
    request = f"GET /readyz HTTP/1.1\r\nHost: {endpoint.authority}\r\nUser-Agent: kimg-agent\r\nConnection: close\r\n\r\n"
    secured.sendall(request.encode("ascii"))
    deadline = system.monotonic() + timeout
    received = b""
    while b"\n" not in received and len(received) < _LONGEST_STATUS_LINE:
        left = deadline - system.monotonic()
        if left <= 0:
            return _timed_out("/readyz answer", timeout)
        secured.settimeout(left)
        try:
            chunk = secured.recv(1024)
        except socket.timeout:
            return _timed_out("/readyz answer", timeout)
        if not chunk:
            return _closed()
        received += chunk
    return _status(received)


def _status(received: bytes) -> Answer:
    words = received.split(b"\r\n", 1)[0].decode("ascii", "replace").split()
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        return Answer(NOT_READY, "/readyz answers something that is not HTTP")
    if words[1] == "200":
        return Answer(READY, "/readyz answers 200")
    return Answer(NOT_READY, f"/readyz answers {words[1]}")


def _timed_out(what: str, timeout: float) -> Answer:
    return Answer(TIMED_OUT, f"no {what} within {timeout:g} s")


def _closed() -> Answer:
    return Answer(CLOSED, "connection closed without an answer (a load balancer without a ready master does this)")


def _no_tls(error: ssl.SSLError) -> Answer:
    return Answer(NOT_TLS, f"no TLS there ({(error.reason or 'unknown').replace('_', ' ').lower()})")


def _untrusted(error: ssl.SSLCertVerificationError, endpoint: Endpoint) -> Answer:
    if error.verify_code in _WRONG_NAME_CODES:
        return Answer(WRONG_NAME, f"the certificate is of our CA but not for {endpoint.host}")
    if error.verify_code in _OUT_OF_DATE_CODES:
        return Answer(OUT_OF_DATE, f"{error.verify_message} by this machine's clock")
    if error.verify_code in _OTHER_CA_CODES:
        return Answer(OTHER_CA, "the certificate is of another CA")
    return Answer(NOT_TLS, f"the certificate is not acceptable ({error.verify_message})")
