"""What the init node sees of another master, over real sockets on loopback."""

import contextlib
import socket
import ssl
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from kimg_agent.assembly.context import Context
from kimg_agent.assembly.init_or_join import look_around
from kimg_agent.decision import beacon
from kimg_agent.decision.choice import Round, is_silent
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside.system import System
from tests import samples
from tests.certificates import Handler, Pair, listener, make_ca, make_server
from tests.etcd_server import ETCD, WITHOUT_ETCD, running_etcd
from tests.test_beacon import OneMaster, free_port


class OtherMaster(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enter(tempfile.TemporaryDirectory()))
        self.ca = make_ca(self.folder, "ca")
        self.enter(mock.patch("kimg_agent.outside.endpoint.TIMEOUT", 0.5))

    def enter(self, block: "contextlib.AbstractContextManager[str]") -> str:
        value = block.__enter__()
        self.addCleanup(block.__exit__, None, None, None)
        return value

    def look(self, ca: Pair, client: int = 0, peer: int = 0) -> Round:
        """The other master's etcd has these ports; nothing else is there."""
        node = samples.node(endpoint={"host": "127.0.0.1", "port": free_port()}, peers=["127.0.0.1"], api_port=free_port())
        peer = peer or free_port()
        with contextlib.ExitStack() as stack:
            for name, port in (("etcd.members.CLIENT_PORT", client or free_port()), ("etcd.members.PEER_PORT", peer)):
                stack.enter_context(mock.patch(f"kimg_agent.{name}", port))
            stack.enter_context(mock.patch("kimg_agent.decision.beacon.PORT", peer))
            stack.enter_context(mock.patch("kimg_agent.assembly.init_or_join._etcd_ca", lambda _: ca.pem))
            system: System = OneMaster(b"key")
            return look_around(system, Context(node, "cp2", samples.ca_pem(), "1.37.0", ()))

    def test_nothing_there_is_silence(self) -> None:
        found = self.look(self.ca)
        self.assertEqual((found.peers[0].etcd, found.peers[0].empty, is_silent(found)), (probe.REFUSED, False, True))

    def test_an_empty_master_says_so_and_is_asked_nothing_else_there(self) -> None:
        port = free_port()
        with mock.patch("kimg_agent.decision.beacon.PORT", port), beacon.shining(OneMaster(b"key")):
            found = self.look(self.ca, peer=port)
        self.assertEqual((found.peers[0].etcd, found.peers[0].empty, is_silent(found)), (probe.REFUSED, True, True))

    def test_etcd_that_answers_at_its_peer_port_alone(self) -> None:
        for ca, kind in ((self.ca, probe.MET), (make_ca(self.folder, "other"), probe.OTHER_CA)):
            server = make_server(self.folder, "server", ca, "IP:127.0.0.1")
            with listener(tls(server)) as endpoint:
                self.assertEqual(self.look(self.ca, peer=endpoint.port).peers[0].etcd, kind)

    def test_one_that_takes_connections_and_says_nothing_in_time_is_not_silent(self) -> None:
        with listener(lambda _: time.sleep(1)) as endpoint:
            found = self.look(self.ca, client=endpoint.port)
        self.assertEqual((found.peers[0].etcd, is_silent(found)), (probe.STALLED, False))

    @unittest.skipUnless(ETCD, WITHOUT_ETCD)
    def test_a_real_etcd_without_a_quorum_is_met(self) -> None:
        with running_etcd(self.folder, others=("cp2", "cp3")) as server:
            certificate = Path(server.access.ca)
            found = self.look(Pair(certificate, certificate), server.endpoint.port, int(server.peer_url.rpartition(":")[2]))
        self.assertEqual((found.peers[0].etcd, is_silent(found)), (probe.MET, False))


def tls(pair: Pair) -> Handler:
    """A handshake, and nothing after it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)

    def handle(connection: socket.socket) -> None:
        connection.settimeout(5)
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return handle


if __name__ == "__main__":
    unittest.main()
