"""The probe against real sockets and real TLS on loopback."""

import socket
import tempfile
import time
import unittest
from pathlib import Path

from kimg_agent.outside import endpoint as probe
from kimg_agent.outside.endpoint import Answer, Endpoint, ask_ready, knock
from kimg_agent.outside.system import System
from tests.certificates import Pair, listener, make_ca, make_server, tls_answer
from tests.fake_system import FakeSystem

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPBACK = "IP:127.0.0.1,IP:::1"


class AskReady(unittest.TestCase):
    folder: Path
    ca: Pair
    other_ca: Pair
    server: Pair

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.ca, cls.other_ca = make_ca(cls.folder, "ca"), make_ca(cls.folder, "other")
        cls.server = make_server(cls.folder, "server", cls.ca, LOOPBACK)

    def ask(self, server: Pair, response: bytes, host: str = "127.0.0.1") -> Answer:
        with listener(tls_answer(server, response), host) as endpoint:
            return ask_ready(System(), endpoint, self.ca.pem, 5)

    def test_own_ca_and_200(self) -> None:
        self.assertEqual(self.ask(self.server, OK), Answer(probe.READY, "/readyz answers 200"))

    def test_ipv6(self) -> None:
        self.assertEqual(self.ask(self.server, OK, "::1").kind, probe.READY)

    def test_own_ca_and_500(self) -> None:
        answer = self.ask(self.server, b"HTTP/1.1 500 Internal Server Error\r\n\r\n[-]etcd failed\n")
        self.assertEqual(answer, Answer(probe.NOT_READY, "/readyz answers 500"))

    def test_own_ca_and_not_http(self) -> None:
        self.assertEqual(self.ask(self.server, b"SSH-2.0-OpenSSH\r\n").kind, probe.NOT_READY)

    def test_another_ca_of_the_same_name(self) -> None:
        stranger = make_server(self.folder, "stranger", self.other_ca, LOOPBACK)
        self.assertEqual(self.ask(stranger, OK), Answer(probe.OTHER_CA, "the certificate is of another CA"))

    def test_another_ca_and_another_name(self) -> None:
        stranger = make_server(self.folder, "stranger-name", self.other_ca, "IP:192.0.2.1")
        self.assertEqual(self.ask(stranger, OK).kind, probe.OTHER_CA)

    def test_another_ca_without_key_identifiers_and_another_name(self) -> None:
        """Issuer and CA then have the same name, so that OpenSSL sees the wrong host name before the wrong signature."""
        stranger = make_server(self.folder, "bare", self.other_ca, "IP:192.0.2.1", key_identifier=False)
        self.assertEqual(self.ask(stranger, OK).kind, probe.OTHER_CA)

    def test_self_signed(self) -> None:
        self.assertEqual(self.ask(self.other_ca, OK).kind, probe.OTHER_CA)

    def test_own_ca_but_another_name(self) -> None:
        elsewhere = make_server(self.folder, "elsewhere", self.ca, "IP:192.0.2.1,DNS:kubernetes")
        answer = self.ask(elsewhere, OK)
        self.assertEqual(answer, Answer(probe.WRONG_NAME, "the certificate is of our CA but not for 127.0.0.1"))

    def test_own_ca_but_ended(self) -> None:
        old = make_server(self.folder, "old", self.ca, LOOPBACK, not_after="210101000000Z")
        answer = self.ask(old, OK)
        self.assertEqual(answer, Answer(probe.OUT_OF_DATE, "certificate has expired by this machine's clock"))

    def test_a_ca_that_is_not_self_signed_is_an_anchor_too(self) -> None:
        middle = make_server(self.folder, "middle", self.other_ca, "DNS:middle", ca=True)
        leaf = make_server(self.folder, "leaf", middle, LOOPBACK)
        with listener(tls_answer(leaf, OK)) as endpoint:
            self.assertEqual(ask_ready(System(), endpoint, middle.pem, 5).kind, probe.READY)

    def test_closed_before_tls_as_haproxy_without_a_backend_does(self) -> None:
        with listener(lambda connection: None) as endpoint:
            self.assertEqual(ask_ready(System(), endpoint, self.ca.pem, 5).kind, probe.CLOSED)

    def test_closed_after_the_request(self) -> None:
        self.assertEqual(self.ask(self.server, b"").kind, probe.CLOSED)

    def test_not_tls(self) -> None:
        def plain(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(4096)

        with listener(plain) as endpoint:
            self.assertEqual(ask_ready(System(), endpoint, self.ca.pem, 5).kind, probe.NOT_TLS)

    def test_accepts_and_stays_silent(self) -> None:
        with listener(lambda connection: time.sleep(1)) as endpoint:
            answer = ask_ready(System(), endpoint, self.ca.pem, 0.3)
        self.assertEqual(answer, Answer(probe.STALLED, "no TLS answer within 0.3 s"))

    def test_tls_then_silence(self) -> None:
        with listener(tls_answer(self.server, OK, hold=1.0)) as endpoint:
            answer = ask_ready(System(), endpoint, self.ca.pem, 0.3)
        self.assertEqual(answer, Answer(probe.TIMED_OUT, "no /readyz answer within 0.3 s"))

    def test_refused(self) -> None:
        with listener(lambda connection: None) as endpoint:
            pass
        self.assertEqual(ask_ready(System(), endpoint, self.ca.pem, 5), Answer(probe.REFUSED, "connection refused"))


class Connecting(unittest.TestCase):
    """What a loopback cannot show: the fake raises what the kernel and the resolver raise."""

    def answer_to(self, error: Exception) -> Answer:
        system = FakeSystem()

        def fail(host: str, port: int) -> socket.socket:
            raise error

        system.on_connect = fail
        return knock(system, Endpoint("api.example", 6443), 5)

    def test_name_does_not_resolve(self) -> None:
        answer = self.answer_to(socket.gaierror(-2, "Name or service not known"))
        self.assertEqual(answer, Answer(probe.UNRESOLVED, "the name does not resolve (Name or service not known)"))

    def test_name_that_cannot_be_one(self) -> None:
        self.assertEqual(knock(System(), Endpoint("a" * 64 + ".example", 6443), 5).kind, probe.UNRESOLVED)

    def test_timeout(self) -> None:
        self.assertEqual(self.answer_to(socket.timeout("timed out")), Answer(probe.TIMED_OUT, "no TCP answer within 5 s"))

    def test_kernel_timeout(self) -> None:
        self.assertEqual(self.answer_to(OSError(110, "Connection timed out")).kind, probe.TIMED_OUT)

    def test_no_route(self) -> None:
        self.assertEqual(self.answer_to(OSError(113, "No route to host")), Answer(probe.UNREACHABLE, "no route to host"))

    def test_refused(self) -> None:
        self.assertEqual(self.answer_to(ConnectionRefusedError(111, "Connection refused")).kind, probe.REFUSED)

    def test_accepted(self) -> None:
        with listener(lambda connection: None) as endpoint:
            self.assertEqual(knock(System(), endpoint, 5).kind, probe.ACCEPTED)


class Urls(unittest.TestCase):
    def test_brackets_around_ipv6_only(self) -> None:
        self.assertEqual(Endpoint("10.0.0.10", 6443).url, "https://10.0.0.10:6443")
        self.assertEqual(Endpoint("api.prod.example", 443).url, "https://api.prod.example:443")
        self.assertEqual(Endpoint("fd00::10", 6443).url, "https://[fd00::10]:6443")
