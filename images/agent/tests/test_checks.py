"""Each preflight check, passing and failing. Facts in, results out."""

import ipaddress
import json
import unittest
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kimg_agent.fitness.checks import examine
from kimg_agent.fitness.facts import NO_TIME_SOURCE, UNSYNCHRONISED, Facts, NetworkAddress, Problem, RenderedFile
from kimg_agent.reporting.result import FAIL, FAIL_SEED, PASS, WAIT, WARN, Result, settle
from kimg_agent.seed.node import parse_image
from tests import samples


def results_of(facts: Facts) -> dict[str, Result]:
    return {result.name: result for result in examine(facts)}


def image(**changes: Any) -> Any:
    return parse_image(json.dumps(samples.image_document(**changes)).encode())


def addresses(*texts: str) -> Any:
    return tuple(NetworkAddress(f"eth{number}", ipaddress.ip_address(text)) for number, text in enumerate(texts))


class Checks(unittest.TestCase):
    def setUp(self) -> None:
        self.good = samples.good_facts()

    def assert_result(self, name: str, status: str, found: str, **changes: Any) -> Result:
        result = results_of(replace(self.good, **changes))[name]
        self.assertEqual((result.status, result.found), (status, found))
        self.assertTrue(status == PASS or result.hint, "no hint")
        return result

    def test_a_good_machine_passes_everything(self) -> None:
        self.assertEqual({result.status for result in examine(self.good)}, {PASS})
        names = ["node", "variables", "files", "image", "machine-id", "name", "ca", "clock", "address", "programs"]
        names += ["staged", "swap", "modules", "sysctls", "runtime", "images"]
        self.assertEqual(list(results_of(self.good)), names)

    def test_every_failure_is_listed_at_once(self) -> None:
        broken = replace(self.good, swaps=("/swap",), modules=frozenset(), machine_id="", programs=frozenset())
        failed = [result.name for result in examine(broken) if result.status != PASS]
        self.assertEqual(failed, ["machine-id", "programs", "swap", "modules"])

    def test_node_file(self) -> None:
        problem = Problem("version is not 1, the only one that this agent knows")
        self.assert_result("node", FAIL_SEED, f"/etc/kimg/node.json: {problem.text}", node=problem)
        self.assert_result("machine-id", FAIL, "/etc/machine-id is empty or missing", node=problem, machine_id="")
        self.assertNotIn("swap", results_of(replace(self.good, node=problem)))

    def test_unresolved_variables(self) -> None:
        files = tuple(RenderedFile(f"/etc/kimg/{n}", 9, (f"/etc/kimg/{n}:1",)) for n in "abcde")
        found = "unresolved variable in /etc/kimg/a:1, /etc/kimg/b:1, /etc/kimg/c:1 and 2 more"
        self.assert_result("variables", FAIL_SEED, found, files=files)

    def test_files_without_content(self) -> None:
        files = (*self.good.files, RenderedFile("/etc/kimg/pki/ca.crt", 0, ()), RenderedFile("/etc/haproxy/x", 0, ()))
        self.assert_result("files", FAIL_SEED, "no content in /etc/kimg/pki/ca.crt", files=files)

    def test_staged_files(self) -> None:
        config, key = self.good.files
        self.assert_result("staged", FAIL_SEED, f"missing: {config.path}", files=(key,))
        self.assert_result("staged", FAIL_SEED, f"missing: {config.path}", files=(replace(config, size=0), key))
        self.assert_result("staged", FAIL_SEED, "missing: /etc/kimg/pki/*", files=(config,))
        self.assert_result("staged", FAIL_SEED, "missing: kubeadm_config in node.json", node=samples.node(kubeadm_config=""))
        worker = samples.node(bootstrap="join-worker")
        self.assert_result("staged", PASS, config.path, files=(config,), node=worker)

    def test_image_file(self) -> None:
        self.assert_result("image", PASS, "role master-join, Kubernetes 1.37.2")
        self.assert_result("image", FAIL_SEED, "/etc/kimg/image.json: not JSON", image=Problem("not JSON"))
        found = "the image is of role worker, the seed of role master-join"
        self.assert_result("image", WARN, found, image=image(role="worker"))
        bare = image(role="haproxy", kubernetes=None)
        self.assert_result("image", FAIL_SEED, "the image of role haproxy holds no Kubernetes", image=bare)

    def test_machine_id(self) -> None:
        for text, found in (
            ("", "empty or missing"),
            ("uninitialized", "uninitialized"),
            ("0" * 32, "malformed"),
            ("ABCDEF", "malformed"),
        ):
            self.assert_result("machine-id", FAIL, f"/etc/machine-id is {found}", machine_id=text)

    def test_name(self) -> None:
        self.assert_result("name", PASS, "cp2")
        pool = samples.node(node="")
        self.assert_result("name", PASS, "worker-7.example.org", node=pool, hostname="Worker-7.example.org")
        for hostname in ("localhost", "localhost.localdomain", "", "a_b", "-a", "a" * 64):
            self.assert_result("name", FAIL, "the host name cannot be a node's name", node=pool, hostname=hostname)
        self.assert_result("name", FAIL, "node in node.json cannot be a node's name", node=samples.node(node="CP2"))

    def test_ca(self) -> None:
        self.assert_result("ca", PASS, f"sha256:{samples.ca().public_key_hash}")
        self.assert_result(
            "ca", FAIL_SEED, "/etc/kimg/ca.crt: no PEM certificate in it", certificates=Problem("no PEM certificate in it")
        )
        found = "/etc/kimg/ca.crt: its public key is not the one that ca_hash in node.json names"
        self.assert_result("ca", FAIL_SEED, found, node=samples.node(ca_hash="sha256:" + "0" * 64))

    def test_clock_without_synchronisation(self) -> None:
        result = self.assert_result("clock", WAIT, "not synchronised", clock=UNSYNCHRONISED)
        self.assertEqual([settle([result], waited)[0].status for waited in (0, 59, 60)], [WAIT, WAIT, WARN])
        self.assert_result("clock", WARN, "no time synchronisation is set up", clock=NO_TIME_SOURCE)

    def test_clock_outside_the_validity_of_the_ca(self) -> None:
        ca = samples.ca()
        minute = "%Y-%m-%d %H:%M UTC"
        for now in (ca.not_before - timedelta(seconds=1), ca.not_after + timedelta(seconds=1)):
            found = f"it is {now:{minute}} here; the CA is valid {ca.not_before:{minute}} to {ca.not_after:{minute}}"
            self.assert_result("clock", FAIL, found, now=now)
            result = self.assert_result("clock", WAIT, found, now=now, clock=UNSYNCHRONISED)
            self.assertEqual([settle([result], waited)[0].status for waited in (299, 300)], [WAIT, FAIL])
        self.assert_result("clock", PASS, "synchronised", now=ca.not_before)
        self.assert_result("clock", PASS, "synchronised", now=ca.not_after)
        unknown = Problem("no PEM certificate in it")
        self.assert_result("clock", PASS, "synchronised", now=ca.not_after + timedelta(1), certificates=unknown)

    def test_address(self) -> None:
        self.assert_result("address", PASS, "10.0.0.22 (eth0)")
        several = addresses("10.0.0.22", "192.168.1.5", "10.0.0.10")  # the last one is the endpoint's
        self.assert_result("address", PASS, "10.0.0.22 (eth0)", addresses=several)
        self.assert_result("address", PASS, "10.0.0.10 (eth0)", addresses=addresses("10.0.0.10"))
        self.assert_result("address", PASS, "no node subnet named", node=samples.node(node_subnets=[]), addresses=())
        found = "more than one address in 10.0.0.0/24: 10.0.0.22 (eth0), 10.0.0.23 (eth1)"
        self.assert_result("address", FAIL, found, addresses=addresses("10.0.0.22", "10.0.0.23"))
        self.assert_result("address", FAIL, "ip: not found", addresses=Problem("ip: not found"))

    def test_address_that_is_not_there_yet(self) -> None:
        result = self.assert_result("address", WAIT, "no IPv4 address in 10.0.0.0/24", addresses=addresses("192.168.1.5"))
        self.assertIn("192.168.1.5 (eth0)", result.hint)
        self.assertEqual([settle([result], waited)[0].status for waited in (599, 600)], [WAIT, FAIL])
        self.assertIn("no address", self.assert_result("address", WAIT, result.found, addresses=()).hint)

    def test_address_in_dual_stack(self) -> None:
        node = samples.node(node_subnets=["10.0.0.0/24", "fd00::/64"], endpoint={"host": "api.example", "port": 6443})
        both = addresses("10.0.0.22", "fd00::22")
        self.assert_result("address", PASS, "10.0.0.22 (eth0), fd00::22 (eth1)", node=node, addresses=both)
        self.assert_result("address", WAIT, "no IPv6 address in 10.0.0.0/24, fd00::/64", node=node, addresses=both[:1])

    def test_address_in_one_of_several_racks(self) -> None:
        node = samples.node(node_subnets=["10.0.0.0/24", "10.0.1.0/24"])
        self.assert_result("address", PASS, "10.0.1.7 (eth0)", node=node, addresses=addresses("10.0.1.7"))

    def test_programs(self) -> None:
        self.assert_result("programs", FAIL_SEED, "missing: kubelet", programs=frozenset(["kubeadm"]))

    def test_swap(self) -> None:
        self.assert_result("swap", FAIL, "on: /dev/vda2", swaps=("/dev/vda2",))

    def test_modules(self) -> None:
        self.assert_result("modules", FAIL, "not in the kernel: br_netfilter", modules=frozenset(["overlay"]))

    def test_sysctls(self) -> None:
        sysctls = {**self.good.sysctls, "net.ipv4.ip_forward": "0", "net.ipv6.conf.all.forwarding": "0"}
        self.assert_result("sysctls", FAIL, "net.ipv4.ip_forward is 0 (1 is needed)", sysctls=sysctls)
        node = samples.node(node_subnets=["fd00::/64"])
        found = "net.ipv4.ip_forward is 0 (1 is needed), net.ipv6.conf.all.forwarding is 0 (1 is needed)"
        self.assert_result("sysctls", FAIL, found, sysctls=sysctls, node=node)
        del sysctls["net.ipv4.ip_forward"]
        self.assert_result("sysctls", FAIL, "net.ipv4.ip_forward is missing (1 is needed)", sysctls=sysctls)

    def test_runtime(self) -> None:
        gone = Problem("/run/containerd/containerd.sock: connection refused")
        result = self.assert_result("runtime", WAIT, f"containerd does not answer: {gone.text}", runtime=gone, images=gone)
        self.assertEqual([settle([result], waited)[0].status for waited in (599, 600)], [WAIT, FAIL])
        self.assertNotIn("images", results_of(replace(self.good, runtime=gone, images=gone)))

    def test_images(self) -> None:
        self.assert_result("images", PASS, "2 container images present")
        self.assert_result("images", WAIT, "cannot be listed: ctr: deadline", images=Problem("ctr: deadline"))
        self.assert_result("images", FAIL, f"not in containerd: {samples.IMAGES[1]}", images=frozenset(samples.IMAGES[:1]))

    def test_a_load_balancer_needs_no_kubernetes(self) -> None:
        lb = samples.node(role="haproxy", bootstrap="load-balancer", kubeadm_config="")
        facts = replace(
            self.good,
            node=lb,
            image=image(role="haproxy", kubernetes=None, containerImages=[]),
            files=(),
            modules=frozenset(),
            sysctls={},
            runtime=Problem("no such file"),
            images=Problem("no such file"),
            programs=frozenset(["haproxy"]),
        )
        self.assertEqual({result.status for result in examine(facts)}, {PASS})
        without = results_of(replace(facts, programs=frozenset()))["programs"]
        self.assertEqual((without.status, without.found), (FAIL_SEED, "missing: haproxy"))

    def test_names_are_unique(self) -> None:
        names: list[str] = [result.name for result in examine(self.good)]
        self.assertEqual(len(names), len(set(names)))
