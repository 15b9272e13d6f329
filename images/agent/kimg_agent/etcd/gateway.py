"""One HTTPS request to etcd's JSON gateway, which it serves beside gRPC on its client port (etcd's documentation, "gRPC gateway").

The server must have a certificate of the etcd CA, which is a CA of its own beside the cluster's; the client shows one, too.
Whatever goes wrong becomes an EtcdError. What is asked, and what the answer means, is for `members`.
"""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Iterator, Mapping

from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System

# What kind of trouble an EtcdError is.
NO_CREDENTIALS = "no-credentials"  # the files of `Access` are missing, empty or damaged
UNREACHABLE = "unreachable"  # no TCP, or no answer in time
UNTRUSTED = "untrusted"  # a certificate is not accepted, theirs by us or ours by them
REFUSED = "refused"  # etcd answers that it cannot or will not; `code` says more
MALFORMED = "malformed"  # an answer that etcd is not known to give, or one that was cut short

# Codes of gRPC (google.rpc.Code) in `EtcdError.code`.
NOT_FOUND = 5
FAILED_PRECONDITION = 9
UNAVAILABLE = 14

_LONGEST_ANSWER = 4 << 20
_LONGEST_LINE = 1 << 20  # etcd sends a snapshot in blobs of 32 KiB

# ssl.VERIFY_X509_PARTIAL_CHAIN has a name from Python 3.10 on. It lets a CA that is not self-signed be the anchor.
_PARTIAL_CHAIN = 0x80000


class EtcdError(Exception):
    """The message is for people and holds nothing secret; `kind` is one of the constants above, `code` gRPC's or 0."""

    def __init__(self, kind: str, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.kind = kind
        self.code = code


@dataclass(frozen=True)
class Access:
    """Paths of PEM files: the etcd CA, a client certificate of it and that certificate's key."""

    ca: str
    certificate: str
    key: str


def ask(
    system: System, endpoint: Endpoint, access: Access, path: str, body: Mapping[str, Any], timeout: float
) -> Mapping[str, Any]:
    """The JSON object that answers a POST of `body` to `path`. `timeout` is seconds for each: connect, handshake, read."""
    with _answer(system, endpoint, access, path, body, timeout) as response:
        document = _document(endpoint, response.read(_LONGEST_ANSWER))
        if response.status != 200:
            raise _refused(endpoint, document, response.status)
        return document


def ask_stream(
    system: System, endpoint: Endpoint, access: Access, path: str, body: Mapping[str, Any], timeout: float
) -> Iterator[Mapping[str, Any]]:
    """The messages of a streamed answer: JSON objects, one a line, each under the key "result" (or "error", the last one)."""
    with _answer(system, endpoint, access, path, body, timeout) as response:
        if response.status != 200:
            raise _refused(endpoint, _document(endpoint, response.read(_LONGEST_ANSWER)), response.status)
        while line := response.readline(_LONGEST_LINE):
            document = _document(endpoint, line)
            if "error" in document:
                raise _refused(endpoint, document["error"], response.status)
            result = document.get("result")
            if not isinstance(result, dict):
                raise _malformed(endpoint)
            yield result


@contextmanager
def _answer(
    system: System, endpoint: Endpoint, access: Access, path: str, body: Mapping[str, Any], timeout: float
) -> Iterator[HTTPResponse]:
    """The response, whose reading inside of the block is watched as well."""
    context = _context(access)
    try:
        with system.connect(endpoint.host, endpoint.port, timeout) as raw, _secured(context, raw, endpoint) as secured:
            connection = HTTPConnection(endpoint.host, endpoint.port, timeout=timeout)
            connection.sock = secured
            with suppress(ConnectionError, ssl.SSLEOFError):  # a server that has turned away: why it did is still to be read
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            with connection.getresponse() as response:
                yield response
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):  # Python 3.9 has the second one for an end before TLS began
        raise EtcdError(UNREACHABLE, f"{endpoint.url}: connection closed without an answer") from None
    except ssl.SSLError as error:
        raise EtcdError(UNTRUSTED, f"{endpoint.url}: {_tls_trouble(error, endpoint)}") from None
    except socket.gaierror as error:
        raise EtcdError(UNREACHABLE, f"{endpoint.url}: the name does not resolve ({error.strerror or error})") from None
    except (socket.timeout, TimeoutError):  # one class from Python 3.10 on
        raise EtcdError(UNREACHABLE, f"{endpoint.url}: no answer within {timeout:g} s") from None
    except OSError as error:
        raise EtcdError(UNREACHABLE, f"{endpoint.url}: {(error.strerror or str(error)).lower()}") from None
    except HTTPException:
        raise _malformed(endpoint) from None


def _context(access: Access) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and host name by default
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= _PARTIAL_CHAIN
    try:
        context.load_verify_locations(cafile=access.ca)
    except OSError as error:  # ssl.SSLError is one
        raise _no_credentials(access.ca, error) from None
    try:
        context.load_cert_chain(access.certificate, access.key)
    except OSError as error:
        raise _no_credentials(f"{access.certificate}, {access.key}", error) from None
    return context


def _no_credentials(files: str, error: OSError) -> EtcdError:
    no_pem = isinstance(error, ssl.SSLError)
    why = "not readable as PEM, or the two do not fit" if no_pem else (error.strerror or str(error)).lower()
    return EtcdError(NO_CREDENTIALS, f"{files}: {why}")


def _secured(context: ssl.SSLContext, raw: socket.socket, endpoint: Endpoint) -> ssl.SSLSocket:
    return context.wrap_socket(raw, server_hostname=endpoint.host)


def _tls_trouble(error: ssl.SSLError, endpoint: Endpoint) -> str:
    """Under TLS 1.3 a server turns a client certificate down only after the handshake, with an alert."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not one of our etcd CA for {endpoint.host} ({error.verify_message})"
    reason = (error.reason or "closed").replace("_", " ").lower()
    return f"our client certificate is not accepted ({reason})" if "alert" in reason else f"no TLS there ({reason})"


def _document(endpoint: Endpoint, data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise _malformed(endpoint) from None
    if not isinstance(document, dict):
        raise _malformed(endpoint)
    return document


def _malformed(endpoint: Endpoint) -> EtcdError:
    return EtcdError(MALFORMED, f"{endpoint.url}: the answer is not etcd's, or it was cut short")


def _refused(endpoint: Endpoint, status: object, http_status: int) -> EtcdError:
    """From google.rpc.Status as JSON: code and message; older gateways name the message "error" as well."""
    document = status if isinstance(status, dict) else {}
    code, message = document.get("code"), document.get("message") or document.get("error")
    text = message if isinstance(message, str) else f"HTTP {http_status}"
    return EtcdError(REFUSED, f"{endpoint.url}: {text}", code if isinstance(code, int) else 0)
