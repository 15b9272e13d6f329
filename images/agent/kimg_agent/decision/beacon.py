"""How masters tell each other that they hold no etcd data: then no cluster can exist, and the init node need not wait for silence.

Plain HTTP on etcd's peer port, which is open between masters and free until this one joins. An answer carries an HMAC-SHA256 (RFC 2104) over
the asker's nonce under a key derived from the cluster CA's key, which only masters are given: nobody else can say it, nor say it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import threading
from typing import Iterator

from kimg_agent.outside import paths
from kimg_agent.outside.system import System

PORT = 2380

_CA_KEY = paths.PKI + "/ca.key"
_LONGEST_MESSAGE = 1024
# Seconds that one asker may take: the beacon serves one at a time.
_PATIENCE = 2.0


def _proof(system: System, nonce: str, address: str) -> str:
    """Bound to the address that was asked, so that one master cannot stand for another."""
    key = hashlib.sha256(b"kimg beacon\n" + system.read(_CA_KEY)).digest()
    return hmac.new(key, f"empty {nonce} {address}".encode(), hashlib.sha256).hexdigest()


def says_empty(system: System, address: str, timeout: float) -> bool:
    """False for everything but an authentic answer: silence, a refusal, etcd itself."""
    nonce = system.random_text()
    try:
        with system.connect(address, PORT, timeout) as connection:
            connection.sendall(f"GET /kimg/empty/{nonce} HTTP/1.0\r\n\r\n".encode())
            received = _receive(system, connection, timeout)
        expected = _proof(system, nonce, address)
    except OSError:
        return False
    answer = received.rpartition(b"\r\n\r\n")[2].strip().decode("ascii", "replace")
    return hmac.compare_digest(answer.encode(), expected.encode())


@contextlib.contextmanager
def shining(system: System) -> Iterator[None]:
    """Answers for as long as the block lasts. Without the port, or the CA's key, it stays dark: the init node then waits for silence."""
    try:
        listener = system.listen(PORT)
    except OSError:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_serve, args=(system, listener, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        listener.close()


def _serve(system: System, listener: socket.socket, stop: threading.Event) -> None:
    listener.settimeout(0.5)
    while not stop.is_set():
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                request = _receive(system, connection, _PATIENCE)
                connection.sendall(_answer(system, request, _local_address(connection)))


def _answer(system: System, request: bytes, address: str) -> bytes:
    words = request.split(b"\r\n", 1)[0].decode("ascii", "replace").split()
    prefix, _, nonce = words[1].rpartition("/") if len(words) == 3 else ("", "", "")
    if words[:1] != ["GET"] or prefix != "/kimg/empty" or not nonce:
        return b"HTTP/1.0 404 Not Found\r\n\r\n"
    return f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n{_proof(system, nonce, address)}\n".encode()


def _local_address(connection: socket.socket) -> str:
    """As the asker writes it: an IPv4 address without the prefix that a dual-stack socket shows."""
    host = str(connection.getsockname()[0])
    return host[len("::ffff:") :] if host.startswith("::ffff:") else host


def _receive(system: System, connection: socket.socket, patience: float) -> bytes:
    """Up to the end of a request's head, or all of an answer; socket.timeout when that takes longer than `patience` seconds, however
    often a little of it comes.
    """
    deadline, received = system.monotonic() + patience, b""
    while len(received) < _LONGEST_MESSAGE:
        left = deadline - system.monotonic()
        if left <= 0:
            raise socket.timeout
        connection.settimeout(left)
        piece = connection.recv(_LONGEST_MESSAGE)
        received += piece
        if not piece or (received.startswith(b"GET ") and received.endswith(b"\r\n\r\n")):
            break
    return received
