"""The client of etcd's gateway: against recorded answers, and against a real etcd where there is one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import ssl
import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable, Iterator
from unittest import mock

from kimg_agent.etcd import gateway
from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import Access, EtcdError, ask
from kimg_agent.etcd.members import Member, Status
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import System
from tests.certificates import Pair, listener, make_ca
from tests.etcd_server import ETCD, WITHOUT_ETCD, Server, make_access, make_pair, running_etcd

# Answers of etcd 3.7.0 to a cluster of one voter and a learner that was added a moment ago.
MEMBER_LIST: dict[str, Any] = {
    "header": {"cluster_id": "18356651462332683079", "member_id": "15605283837629904139", "raft_term": "2"},
    "members": [
        {
            "ID": "15605283837629904139",
            "name": "cp1",
            "peerURLs": ["https://10.0.0.21:2380"],
            "clientURLs": ["https://10.0.0.21:2379"],
        },
        {"ID": "1402062014346171218", "peerURLs": ["https://10.0.0.22:2380"], "isLearner": True},
    ],
}
STATUS = {
    "header": {"cluster_id": "18356651462332683079", "member_id": "15605283837629904139", "revision": "1", "raft_term": "2"},
    "version": "3.7.0",
    "dbSize": "20480",
    "leader": "15605283837629904139",
    "raftIndex": "4",
    "raftTerm": "2",
    "raftAppliedIndex": "4",
    "dbSizeInUse": "16384",
    "storageVersion": "3.7.0",
}
NO_LEADER = {
    "header": {"member_id": "7"},
    "version": "3.7.0",
    "dbSize": "20480",
    "raftIndex": "4",
    "errors": ["etcdserver: no leader"],
}

LEARNER = Member(1402062014346171218, "", ("https://10.0.0.22:2380",), (), True)
VOTER = Member(15605283837629904139, "cp1", ("https://10.0.0.21:2380",), ("https://10.0.0.21:2379",), False)


class RecordedAnswers(unittest.TestCase):
    def test_members_in_order_of_their_ids(self) -> None:
        self.assertEqual(etcd.parse_members(MEMBER_LIST), (LEARNER, VOTER))

    def test_no_members_is_no_error(self) -> None:
        self.assertEqual(etcd.parse_members({"header": {}}), ())

    def test_status(self) -> None:
        expected = Status(15605283837629904139, 15605283837629904139, 20480, "3.7.0", 4, ())
        self.assertEqual(etcd.parse_status(STATUS), expected)

    def test_status_without_a_leader(self) -> None:
        status = etcd.parse_status(NO_LEADER)
        self.assertEqual((status.leader, status.errors), (0, ("etcdserver: no leader",)))

    def test_what_etcd_does_not_say(self) -> None:
        bad: tuple[dict[str, Any], ...] = ({}, {"ID": "x"}, {"ID": "1", "peerURLs": "x"})
        for document in ({"members": [member]} for member in bad):
            with self.subTest(document=document), self.assertRaises((KeyError, TypeError, ValueError)):
                etcd.parse_members(document)


class Members(unittest.TestCase):
    def test_own_by_peer_url_before_name(self) -> None:
        old = Member(3, "cp2", ("https://10.0.0.99:2380",), ("https://10.0.0.99:2379",), False)
        members = (old, LEARNER, VOTER)
        self.assertEqual(etcd.own_member(members, "cp2", ["https://10.0.0.22:2380"]), LEARNER)
        self.assertEqual(etcd.own_member(members, "cp2", ["https://10.0.0.23:2380"]), old)
        self.assertIsNone(etcd.own_member(members, "cp3", ["https://10.0.0.23:2380"]))
        self.assertIsNone(etcd.own_member(members, "", []))

    def test_urls(self) -> None:
        for address, url in (("10.0.0.21", "https://10.0.0.21:2380"), ("fd00::21", "https://[fd00::21]:2380")):
            self.assertEqual(etcd.peer_url(address), url)
            self.assertEqual(etcd.endpoint_of(url), Endpoint(address, 2380))
        for url in ("", "https://10.0.0.21", "10.0.0.21:2380", "https://:2380", "https://10.0.0.21:x"):
            with self.subTest(url=url), self.assertRaises(ValueError):
                etcd.endpoint_of(url)

    def test_quorum_counts_voters_only(self) -> None:
        three = tuple(Member(number, str(number), (), (), False) for number in (1, 2, 3))
        self.assertEqual([etcd.quorum(three[:count]) for count in (1, 2, 3)], [1, 2, 2])
        self.assertEqual(etcd.quorum((*three, LEARNER)), 2)
        self.assertEqual(etcd.voters((LEARNER, VOTER)), (VOTER,))

    def test_unstarted(self) -> None:
        self.assertTrue(etcd.unstarted(LEARNER))
        self.assertFalse(etcd.unstarted(VOTER))


def snapshot_lines(*blobs: bytes, digest: bool = True) -> list[bytes]:
    """A snapshot as the gateway streams it: one result a line, the last one with the digest."""
    whole, left, lines = b"".join(blobs), sum(map(len, blobs)), []
    for blob in blobs:
        left -= len(blob)
        lines.append({"result": {"remaining_bytes": str(left), "blob": base64.b64encode(blob).decode(), "version": "3.7.0"}})
    if digest:
        lines.append({"result": {"blob": base64.b64encode(hashlib.sha256(whole).digest()).decode(), "version": "3.7.0"}})
    return [json.dumps(line).encode() + b"\n" for line in lines]


class OverTls(unittest.TestCase):
    """A server on loopback that asks for a client certificate and gives a recorded answer."""

    folder: Path
    issuer: Pair
    server: Pair
    access: Access

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.issuer = make_ca(cls.folder, "etcd-ca")
        cls.server = make_pair(cls.folder, "server", cls.issuer)
        cls.access = make_access(cls.folder, "client", cls.issuer)

    def serving(self, answer: bytes, requests: list[bytes]) -> Callable[[socket.socket], None]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate, self.server.key)
        context.load_verify_locations(self.issuer.certificate)
        context.verify_mode = ssl.CERT_REQUIRED

        def handle(connection: socket.socket) -> None:
            connection.settimeout(5)
            with context.wrap_socket(connection, server_side=True) as secured:
                requests.append(_read_request(secured))
                secured.sendall(answer)

        return handle

    def call(self, answer: bytes, function: Callable[[Endpoint], Any], requests: list[bytes]) -> Any:
        with listener(self.serving(answer, requests)) as endpoint:
            return function(endpoint)

    def ask(self, answer: bytes, access: Access) -> Any:
        return self.call(answer, lambda endpoint: ask(System(), endpoint, access, "/v3/x", {}, 5.0), [])

    def snapshot(self, lines: list[bytes], head: bytes = b"200 OK") -> Any:
        return self.call(
            _chunked(head, lines), lambda endpoint: list(etcd.stream_snapshot(System(), endpoint, self.access, 5.0)), []
        )

    def test_member_list(self) -> None:
        requests: list[bytes] = []
        found = self.call(_plain(b"200 OK", MEMBER_LIST), lambda e: etcd.list_members(System(), e, self.access), requests)
        self.assertEqual(found, (LEARNER, VOTER))
        self.assertTrue(requests[0].startswith(b"POST /v3/cluster/member/list HTTP/1.1\r\n"))
        self.assertTrue(requests[0].endswith(b'\r\n\r\n{"linearizable": true}'))

    def test_remove_sends_the_id_as_a_decimal_string(self) -> None:
        requests: list[bytes] = []
        answer = _plain(b"200 OK", {"header": {}, "members": MEMBER_LIST["members"][:1]})
        left = self.call(answer, lambda e: etcd.remove_member(System(), e, self.access, LEARNER.id), requests)
        self.assertEqual(left, (VOTER,))
        self.assertTrue(requests[0].endswith(b'{"ID": "1402062014346171218"}'))

    def test_refusal_has_etcds_words_and_code(self) -> None:
        answer = _plain(b"404 Not Found", {"code": 5, "message": "etcdserver: member not found"})
        with self.assertRaisesRegex(EtcdError, r"^https://127.0.0.1:\d+: etcdserver: member not found$") as caught:
            self.ask(answer, self.access)
        self.assertEqual((caught.exception.kind, caught.exception.code), (gateway.REFUSED, gateway.NOT_FOUND))

    def test_answers_that_are_not_etcds(self) -> None:
        wrong_length = b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"members": ['
        for answer in (_plain(b"200 OK", []), b"HTTP/1.1 200 OK\r\n\r\n<html>", b"SSH-2.0\r\n", wrong_length):
            with self.subTest(answer=answer), self.assertRaises(EtcdError) as caught:
                self.ask(answer, self.access)
            self.assertEqual(caught.exception.kind, gateway.MALFORMED)

    def test_closed_without_an_answer(self) -> None:
        with self.assertRaises(EtcdError) as caught:
            self.ask(b"", self.access)
        self.assertEqual(caught.exception.kind, gateway.UNREACHABLE)

    def test_snapshot_is_the_database_and_its_digest(self) -> None:
        pieces = self.snapshot(snapshot_lines(b"first", b"second"))
        self.assertEqual(pieces, [b"first", b"second", hashlib.sha256(b"firstsecond").digest()])

    def test_snapshot_cut_short_or_changed(self) -> None:
        whole = snapshot_lines(b"first", b"second")
        for lines in ([], whole[:1], whole[:-1], whole[1:], [whole[0], whole[2]], snapshot_lines(b"x" * 32, digest=False)):
            with self.subTest(lines=lines), self.assertRaisesRegex(EtcdError, "cut short or damaged"):
                self.snapshot(lines)

    def test_snapshot_that_etcd_breaks_off(self) -> None:
        error = json.dumps({"error": {"code": 14, "message": "etcdserver: server stopped"}}).encode() + b"\n"
        with self.assertRaisesRegex(EtcdError, "server stopped") as caught:
            self.snapshot([*snapshot_lines(b"first")[:1], error])
        self.assertEqual(caught.exception.code, gateway.UNAVAILABLE)
        with self.assertRaisesRegex(EtcdError, "not implemented"):
            self.snapshot([b'{"code": 12, "message": "not implemented"}'], b"501 Not Implemented")

    def test_snapshot_messages_that_are_not_etcds(self) -> None:
        for line in (b"[]\n", b'{"result": 1}\n', b'{"result": {}}\n', b'{"result": {"blob": "%%%"}}\n', b'{"result"'):
            with self.subTest(line=line), self.assertRaises(EtcdError) as caught:
                self.snapshot([line])
            self.assertEqual(caught.exception.kind, gateway.MALFORMED)

    def test_client_certificate_of_another_ca(self) -> None:
        other = make_access(self.folder, "stranger", make_ca(self.folder, "other-ca"))
        with self.assertRaises(EtcdError) as caught:
            self.ask(b"", Access(self.access.ca, other.certificate, other.key))
        self.assertIn(caught.exception.kind, (gateway.UNTRUSTED, gateway.UNREACHABLE))

    def test_server_of_another_ca(self) -> None:
        another = make_ca(self.folder, "another-ca")
        with self.assertRaisesRegex(EtcdError, "not one of our etcd CA") as caught:
            self.ask(b"", Access(str(another.certificate), self.access.certificate, self.access.key))
        self.assertEqual(caught.exception.kind, gateway.UNTRUSTED)

    def test_files_that_are_missing_empty_or_do_not_fit(self) -> None:
        empty = self.folder / "empty.crt"
        empty.write_bytes(b"")
        good = self.access
        for access in (
            Access("/nowhere/ca.crt", good.certificate, good.key),
            Access(str(empty), good.certificate, good.key),
            Access(good.ca, "/nowhere/client.crt", good.key),
            Access(good.ca, str(empty), good.key),
            Access(good.ca, good.certificate, str(self.server.key)),
        ):
            with self.subTest(access=access), self.assertRaises(EtcdError) as caught:
                ask(System(), Endpoint("127.0.0.1", 1), access, "/v3/x", {}, 5.0)
            self.assertEqual(caught.exception.kind, gateway.NO_CREDENTIALS)

    def test_nothing_there(self) -> None:
        troubles: list[tuple[OSError, str]] = [
            (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
            (socket.timeout("timed out"), "no answer within 5 s"),
            (OSError(113, "No route to host"), "no route to host"),
            (socket.gaierror(-2, "Name or service not known"), "does not resolve"),
        ]
        for trouble, words in troubles:
            with mock.patch.object(System, "connect", side_effect=trouble), self.assertRaisesRegex(EtcdError, words) as caught:
                ask(System(), Endpoint("127.0.0.1", 1), self.access, "/v3/x", {}, 5.0)
            self.assertEqual(caught.exception.kind, gateway.UNREACHABLE)


def _read_request(secured: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += secured.recv(4096)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += secured.recv(4096)
    return head + b"\r\n\r\n" + body


def _plain(status: bytes, document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def _chunked(status: bytes, lines: list[bytes]) -> bytes:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines)
    return b"HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n" % (status, chunks)


@unittest.skipUnless(ETCD, WITHOUT_ETCD)
class AgainstEtcd(unittest.TestCase):
    folder: Path
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        block = running_etcd(cls.folder)
        cls.server = block.__enter__()
        cls.addClassCleanup(block.__exit__, None, None, None)

    def pieces(self) -> Iterator[bytes]:
        return etcd.stream_snapshot(System(), self.server.endpoint, self.server.access)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        return ask(System(), self.server.endpoint, self.server.access, path, body, 10.0)

    def test_status(self) -> None:
        status = etcd.read_status(System(), self.server.endpoint, self.server.access)
        self.assertEqual(status.leader, status.member_id)
        self.assertRegex(status.version, r"^3\.\d+\.\d+")
        self.assertGreater(status.db_size, 0)
        self.assertGreater(status.raft_index, 0)
        self.assertEqual(status.errors, ())

    def test_a_learner_comes_and_goes(self) -> None:
        url = "https://127.0.0.1:1"
        self.ask("/v3/cluster/member/add", {"peerURLs": [url], "isLearner": True})
        members = etcd.list_members(System(), self.server.endpoint, self.server.access)
        learner, own = etcd.own_member(members, "cp2", [url]), etcd.own_member(members, "cp1", [])
        assert learner and own
        self.assertTrue(learner.learner and etcd.unstarted(learner))
        self.assertEqual((own.peer_urls, own.client_urls), ((self.server.peer_url,), (self.server.endpoint.url,)))
        self.assertEqual(etcd.voters(members), (own,))
        self.assertEqual(etcd.remove_member(System(), self.server.endpoint, self.server.access, learner.id), (own,))
        with self.assertRaisesRegex(EtcdError, "member not found") as caught:
            etcd.remove_member(System(), self.server.endpoint, self.server.access, learner.id)
        self.assertEqual(caught.exception.code, gateway.NOT_FOUND)
        self.assertEqual(etcd.list_members(System(), self.server.endpoint, self.server.access, linearizable=False), (own,))

    def test_snapshot_of_several_pieces(self) -> None:
        value = base64.b64encode(os.urandom(300_000)).decode()
        self.ask("/v3/kv/put", {"key": base64.b64encode(b"large").decode(), "value": value})
        pieces = list(self.pieces())
        data = b"".join(pieces[:-1])
        self.assertGreater(len(pieces), 10)
        self.assertEqual(hashlib.sha256(data).digest(), pieces[-1])
        self.assertIn(base64.b64decode(value)[:1000], data)

    def test_refuses_a_client_certificate_of_another_ca(self) -> None:
        other = make_access(self.folder, "stranger", make_ca(self.folder, "other-ca"))
        access = Access(self.server.access.ca, other.certificate, other.key)
        with self.assertRaisesRegex(EtcdError, "our client certificate is not accepted") as caught:
            etcd.read_status(System(), self.server.endpoint, access)
        self.assertEqual(caught.exception.kind, gateway.UNTRUSTED)

    def test_a_path_that_it_does_not_serve(self) -> None:
        with self.assertRaisesRegex(EtcdError, "Not Found"):
            self.ask("/v3/no-such-path", {})


if __name__ == "__main__":
    unittest.main()
