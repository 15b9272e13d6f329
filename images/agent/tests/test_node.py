import ipaddress
import json
import unittest
from typing import Any

from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.seed.node import Image, InvalidInput, parse_image, parse_node
from tests import samples


class ParseNode(unittest.TestCase):
    def test_everything(self) -> None:
        node = samples.node()
        self.assertEqual((node.cluster, node.name, node.role), ("prod", "cp2", "master-join"))
        self.assertEqual((node.bootstrap, node.cluster_state), ("join-control-plane", "new"))
        self.assertEqual(node.endpoint, Endpoint("10.0.0.10", 6443))
        self.assertEqual(node.ca_hash, samples.ca().public_key_hash)
        self.assertEqual(node.node_subnets, (ipaddress.ip_network("10.0.0.0/24"),))
        self.assertEqual(node.masters, 2)
        self.assertEqual(node.peers, (ipaddress.ip_address("10.0.0.21"), ipaddress.ip_address("10.0.0.22")))
        self.assertEqual(node.kubeadm_config, "/etc/kimg/kubeadm/join.yaml")

    def test_pool_load_balancer_and_ipv6(self) -> None:
        node = samples.node(node="", kubeadm_config="", node_subnets=[], peers=[], endpoint={"host": "fd00::10", "port": 1})
        self.assertEqual((node.name, node.kubeadm_config, node.node_subnets, node.peers), ("", "", (), ()))
        self.assertEqual(node.endpoint.url, "https://[fd00::10]:1")

    def test_keys_that_a_later_kimg_may_add_are_left_alone(self) -> None:
        self.assertEqual(samples.node(later={"a": 1}), samples.node())

    def assert_refused(self, message: str, **changes: Any) -> None:
        with self.assertRaises(InvalidInput) as caught:
            samples.node(**changes)
        self.assertIn(message, str(caught.exception))

    def test_wrong_values_name_the_key(self) -> None:
        self.assert_refused("version is not 1", version=2)
        self.assert_refused("version is not 1", version=None)
        self.assert_refused("cluster: expected a string, found int", cluster=7)
        self.assert_refused("bootstrap: expected one of init, join-control-plane", bootstrap="join")
        self.assert_refused("cluster_state: expected one of new, existing", cluster_state="")
        self.assert_refused("node_subnets: expected a list of strings, found str", node_subnets="10.0.0.0/24")
        self.assert_refused("node_subnets: expected addresses with a prefix length", node_subnets=["10.0.0.0/240"])
        self.assert_refused("peers: expected addresses", peers=["cp1"])
        self.assert_refused("kubeadm_config: expected a string, found nothing", kubeadm_config=None)

    def test_wrong_endpoints(self) -> None:
        for endpoint in (None, "10.0.0.10:6443"):
            self.assert_refused("endpoint: expected an object", endpoint=endpoint)
        for host in ("", 7, "[fd00::10]", "api.prod\r\nX: y", "päron"):
            self.assert_refused("endpoint.host: expected an address", endpoint={"host": host, "port": 6443})
        for port in ("6443", 0, 65536, True, None):
            self.assert_refused("endpoint.port: expected a number", endpoint={"host": "a", "port": port})

    def test_wrong_hashes(self) -> None:
        for value in ("", "sha256:", "sha256:" + "g" * 64, "sha1:" + "0" * 64, "0" * 64):
            self.assert_refused("ca_hash: expected sha256:", ca_hash=value)
        self.assertEqual(samples.node(ca_hash="sha256:" + "AB" * 32).ca_hash, "ab" * 32)

    def test_not_a_document(self) -> None:
        for data, message in (
            (b"", "empty (0 bytes)"),
            (b"{\n\n x}", "not JSON (line 3)"),
            (b"\xff\xfe", "not JSON"),
            (b"[" * 100000, "not JSON"),
            (b"[]", "not a JSON object"),
        ):
            with self.subTest(message=message), self.assertRaises(InvalidInput) as caught:
                parse_node(data)
            self.assertIn(message, str(caught.exception))

    def test_messages_hold_no_values(self) -> None:
        self.assertNotIn(samples.TOKEN, _message(samples.node_document(peers=[samples.TOKEN])))
        self.assertNotIn(samples.TOKEN, _message(samples.node_document(bootstrap=samples.TOKEN)))
        self.assertNotIn(samples.TOKEN, _message(samples.node_document(ca_hash=samples.TOKEN)))


def _message(document: Any) -> str:
    try:
        parse_node(json.dumps(document).encode())
    except InvalidInput as error:
        return str(error)
    raise AssertionError("accepted")


class ParseImage(unittest.TestCase):
    def test_with_and_without_kubernetes(self) -> None:
        def parse(**changes: Any) -> Image:
            return parse_image(json.dumps(samples.image_document(**changes)).encode())

        self.assertEqual(parse(), Image("master-join", "1.37.2", tuple(samples.IMAGES)))
        self.assertEqual(parse(role="haproxy", kubernetes=None, containerImages=[]), Image("haproxy", "", ()))
        with self.assertRaisesRegex(InvalidInput, "containerImages: expected a list of strings"):
            parse(containerImages=[1])
