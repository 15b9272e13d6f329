"""The masters' word that they hold no data, over real sockets on loopback."""

import contextlib
import socket
import threading
import time
import unittest
from typing import Iterator
from unittest import mock

from kimg_agent.decision import beacon
from kimg_agent.outside.system import System

KEY = "/etc/kimg/pki/ca.key"


class OneMaster(System):
    """A master on a port of loopback, with the staged key that a test gives it."""

    def __init__(self, key: bytes, nonce: str = "00ff") -> None:
        self.key, self.nonce = key, nonce

    def read(self, path: str, limit: int = 8 << 20) -> bytes:
        assert path == KEY
        return self.key

    def listen(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def random_text(self) -> str:
        return self.nonce


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Beacon(unittest.TestCase):
    def setUp(self) -> None:
        patch = mock.patch("kimg_agent.decision.beacon.PORT", free_port())
        patch.start()
        self.addCleanup(patch.stop)

    def asked(self, key: bytes = b"key") -> bool:
        return beacon.says_empty(OneMaster(key), "127.0.0.1", 2.0)

    def test_is_believed_when_it_has_the_key(self) -> None:
        with beacon.shining(OneMaster(b"key")):
            self.assertTrue(self.asked())
            self.assertTrue(self.asked(), "it answers more than once")

    def test_is_not_believed_with_another_key(self) -> None:
        with beacon.shining(OneMaster(b"another")):
            self.assertFalse(self.asked())

    def test_is_dark_before_and_after(self) -> None:
        self.assertFalse(self.asked())
        with beacon.shining(OneMaster(b"key")):
            pass
        self.assertFalse(self.asked())

    def test_an_answer_cannot_be_said_again_by_another(self) -> None:
        system = OneMaster(b"key")
        old = beacon._answer(system, b"GET /kimg/empty/00aa HTTP/1.0\r\n\r\n", "127.0.0.1")
        elsewhere = beacon._answer(system, b"GET /kimg/empty/00ff HTTP/1.0\r\n\r\n", "127.0.0.2")
        for answer in (old, elsewhere):
            with answering(beacon.PORT, answer):
                self.assertFalse(self.asked())

    def test_other_requests_get_no_proof(self) -> None:
        for request in (b"GET / HTTP/1.0\r\n\r\n", b"POST /kimg/empty/00 HTTP/1.0\r\n\r\n", b"\x16\x03\x01", b"GET /kimg/empty/ HTTP/1.0"):
            self.assertIn(b"404", beacon._answer(OneMaster(b"key"), request, "127.0.0.1"))

    def test_what_is_no_beacon_is_not_believed(self) -> None:
        for answer in (b"", b"\x15\x03\x01\x00\x02\x02\x16", b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 5000):
            with answering(beacon.PORT, answer):
                self.assertFalse(self.asked())

    def test_a_silent_asker_does_not_keep_it(self) -> None:
        with mock.patch("kimg_agent.decision.beacon._PATIENCE", 0.2), beacon.shining(OneMaster(b"key")):
            with socket.create_connection(("127.0.0.1", beacon.PORT)):
                self.assertTrue(self.asked())

    def test_a_slow_asker_keeps_it_no_longer_than_a_silent_one(self) -> None:
        with mock.patch("kimg_agent.decision.beacon._PATIENCE", 0.4), beacon.shining(OneMaster(b"key")):
            with socket.create_connection(("127.0.0.1", beacon.PORT)) as slow, trickling(slow):
                self.assertTrue(self.asked())

    def test_a_slow_answer_ends_with_the_timeout(self) -> None:
        with socket.create_server(("127.0.0.1", beacon.PORT)) as server, contextlib.ExitStack() as stack:
            thread = threading.Thread(target=lambda: stack.enter_context(trickling(server.accept()[0])))
            thread.start()
            start = time.monotonic()
            self.assertFalse(beacon.says_empty(OneMaster(b"key"), "127.0.0.1", 0.4))
            self.assertLess(time.monotonic() - start, 2)
            thread.join()

    def test_a_taken_port_is_no_error(self) -> None:
        with socket.create_server(("127.0.0.1", beacon.PORT)), beacon.shining(OneMaster(b"key")):
            pass


@contextlib.contextmanager
def trickling(connection: socket.socket) -> Iterator[None]:
    """A byte every tenth of a second, for at most five seconds."""
    over = threading.Event()

    def send() -> None:
        with contextlib.suppress(OSError), connection:
            for _ in range(50):
                connection.sendall(b"x")
                if over.wait(0.1):
                    return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def answering(port: int, answer: bytes) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()
