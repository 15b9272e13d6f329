"""What is observed on a machine, given its files, its programs' output and its sockets."""

import ipaddress
import json
import unittest

from kimg_agent.fitness.facts import NO_TIME_SOURCE, SYNCHRONISED, UNSYNCHRONISED, NetworkAddress, Problem, RenderedFile, observe
from kimg_agent.outside.system import Finished
from kimg_agent.seed.node import Image, Node
from tests import samples
from tests.fake_system import FakeSystem


class Observe(unittest.TestCase):
    def setUp(self) -> None:
        self.system = samples.good_system()

    def test_a_good_machine(self) -> None:
        facts, good = observe(self.system), samples.good_facts()
        self.assertIsInstance(facts.node, Node)
        for name in ("node", "image", "certificates", "hostname", "machine_id", "clock", "swaps", "modules", "sysctls"):
            self.assertEqual(getattr(facts, name), getattr(good, name), name)
        for name in ("runtime", "images", "addresses", "programs"):
            self.assertEqual(getattr(facts, name), getattr(good, name), name)

    def test_an_empty_machine(self) -> None:
        facts = observe(FakeSystem())
        missing = Problem("no such file or directory")
        self.assertEqual((facts.node, facts.image, facts.certificates), (missing, missing, missing))
        self.assertEqual((facts.files, facts.machine_id, facts.swaps), ((), "", ()))
        self.assertEqual((facts.modules, facts.sysctls, facts.programs), (frozenset(), {}, frozenset()))
        self.assertEqual(facts.clock, UNSYNCHRONISED)
        self.assertEqual(facts.addresses, Problem("ip: not found"))
        self.assertIsInstance(facts.runtime, Problem)
        self.assertEqual(facts.images, facts.runtime)

    def test_unreadable_and_invalid_inputs(self) -> None:
        self.system.read_errors["/etc/kimg/node.json"] = PermissionError(13, "Permission denied")
        self.system.files["/etc/kimg/image.json"] = b"{}"
        self.system.files["/etc/kimg/ca.crt"] = b"no"
        facts = observe(self.system)
        self.assertEqual(facts.node, Problem("permission denied"))
        self.assertEqual(facts.image, Problem("version is not 1, the only one that this agent knows"))
        self.assertEqual(facts.certificates, Problem("no PEM certificate in it"))
        self.assertIn(RenderedFile("/etc/kimg/node.json", 0, ()), facts.files)

    def test_an_image_without_kubernetes(self) -> None:
        document = samples.image_document(role="haproxy", kubernetes=None, containerImages=[])
        self.system.files["/etc/kimg/image.json"] = json.dumps(document).encode()
        self.assertEqual(observe(self.system).image, Image("haproxy", "", ()))

    def test_unresolved_variables_are_named_by_place_and_key(self) -> None:
        self.system.files = {
            "/etc/kimg/kubeadm/join.yaml": b"a: 1\n  - token: CI_MISSING_JINJA_VAR/token\nx CI_MISSING_JINJA_VAR/y: z\n",
            "/etc/kimg/node.json": b'{"role": "CI_MISSING_JINJA_VAR/role"}',
            "/etc/haproxy/haproxy.cfg": b"server CI_MISSING_JINJA_VAR/a" + samples.TOKEN.encode(),
            "/etc/other": b"CI_MISSING_JINJA_VAR/other",
        }
        places = [place for file in observe(self.system).files for place in file.unresolved]
        self.assertEqual(
            places,
            [
                "/etc/kimg/kubeadm/join.yaml:2 (token)",
                "/etc/kimg/kubeadm/join.yaml:3",
                "/etc/kimg/node.json:1",
                "/etc/haproxy/haproxy.cfg:1",
            ],
        )

    def test_clock(self) -> None:
        del self.system.files["/run/systemd/timesync/synchronized"]
        for out, clock in (
            ("NTP=yes\nNTPSynchronized=yes\n", SYNCHRONISED),
            ("NTP=no\nNTPSynchronized=yes\n", SYNCHRONISED),
            ("NTP=yes\nNTPSynchronized=no\n", UNSYNCHRONISED),
            ("NTP=no\nNTPSynchronized=no\n", NO_TIME_SOURCE),
            ("", UNSYNCHRONISED),
        ):
            self.system.commands[samples.SHOW_TIME] = Finished(0, out, "")
            with self.subTest(out=out):
                self.assertEqual(observe(self.system).clock, clock)

    def test_swap(self) -> None:
        self.system.files["/proc/swaps"] += b"/dev/vda2  partition  1048572  0  -2\n/swap  file  1  0  -3\n"
        self.assertEqual(observe(self.system).swaps, ("/dev/vda2", "/swap"))

    def test_modules_that_are_built_in(self) -> None:
        del self.system.files["/sys/module/overlay"], self.system.files["/sys/module/br_netfilter"]
        del self.system.files["/proc/sys/net/bridge/bridge-nf-call-iptables"]
        self.assertEqual(observe(self.system).modules, frozenset())
        self.system.files["/proc/filesystems"] = b"nodev\tsysfs\nnodev\toverlay\n\text4\n"
        self.system.files["/lib/modules/6.12.0/modules.builtin"] = b"kernel/net/bridge/br_netfilter.ko\n"
        self.assertEqual(observe(self.system).modules, frozenset(["overlay", "br_netfilter"]))

    def test_runtime_listens_but_its_images_cannot_be_listed(self) -> None:
        self.system.commands[samples.LIST_IMAGES] = Finished(1, "", "WARN x\nctr: context deadline exceeded\n")
        facts = observe(self.system)
        self.assertIsNone(facts.runtime)
        self.assertEqual(facts.images, Problem("ctr: context deadline exceeded"))

    def test_addresses_that_a_node_is_not_known_by_are_left_out(self) -> None:
        info = [
            {"local": "fd00::22", "dynamic": True},
            {"local": "fd00::aaaa", "temporary": True},
            {"local": "fd00::bbbb", "deprecated": True},
            {"local": "fd00::cccc", "tentative": True},
            {"broadcast": "10.0.0.255"},
        ]
        shown = [{"ifname": "eth0", "addr_info": info}, {}, {"ifname": "lo", "addr_info": []}]
        self.system.commands[samples.SHOW_ADDRESSES] = Finished(0, json.dumps(shown), "")
        self.assertEqual(observe(self.system).addresses, (NetworkAddress("eth0", ipaddress.ip_address("fd00::22")),))

    def test_addresses_that_cannot_be_read(self) -> None:
        for out in ("not JSON", '[{"addr_info": [{"local": 7.5}]}]', '[{"ifname": "a", "addr_info": [{"local": "x"}]}]'):
            self.system.commands[samples.SHOW_ADDRESSES] = Finished(0, out, "")
            with self.subTest(out=out):
                self.assertIsInstance(observe(self.system).addresses, Problem)
