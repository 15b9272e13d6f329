"""The init node's way, from power-on to the sentinel, and taken up again after each place where it may be cut off."""

import json
import unittest
from typing import Any, Sequence
from unittest import mock

from kimg_agent.assembly.machine import run_agent
from kimg_agent.etcd.members import Member
from kimg_agent.kubernetes.kubeadm import init
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import Finished, System
from kimg_agent.state import steps
from tests import samples
from tests.fake_system import FakeSystem

INIT = init("/etc/kimg/kubeadm/init.yaml")
APPLY = ("kubectl", f"--kubeconfig={paths.ADMIN}")
VOTER = Member(1, "cp2", ("https://10.0.0.22:2380",), ("https://10.0.0.22:2379",), False)
MANIFEST = f"{paths.MANIFESTS}/00-cni.yaml"


class InitNode(unittest.TestCase):
    def setUp(self) -> None:
        self.system = init_node()
        self.met: set[str] = set()
        self.empty = True
        self.enter("kimg_agent.outside.endpoint.meet", self.meet)
        self.enter("kimg_agent.decision.beacon.says_empty", lambda *_: self.empty)
        self.enter("kimg_agent.etcd.members.list_members", lambda *_: (VOTER,))
        self.enter("kimg_agent.assembly.init_or_join._etcd_ca", lambda _: samples.ca_pem())

    def enter(self, name: str, replacement: object) -> None:
        patch = mock.patch(name, replacement)
        patch.start()
        self.addCleanup(patch.stop)

    def meet(self, system: System, endpoint: Endpoint, ca_pem: str, timeout: float) -> Answer:
        return Answer(probe.MET if endpoint.authority in self.met else probe.REFUSED, "")

    def ran(self, *first: str) -> int:
        return sum(words[: len(first)] == first for words in self.system.ran)

    def step(self) -> str:
        return steps.read_step(self.system)

    def test_makes_the_cluster_and_seals(self) -> None:
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(
            self.system.console[2:],
            [
                "kimg: https://10.0.0.10:6443: connection refused",
                "kimg: init: the endpoint is silent and every other master (1) says that it holds no data",
                "kimg: kubeadm init: done in 0s",
                "kimg: etcd: 1 voter",
                "kimg: add-ons: 1 manifest applied",
                "kimg: member: this machine is a member of its cluster; staged secrets are erased",
            ],
        )
        self.assertEqual(self.step(), steps.MEMBER)
        self.assertIn(paths.SENTINEL, self.system.files)
        self.assertIn("/etc/kubernetes/pki/ca.key", self.system.files)
        left = [path for path in self.system.files if path.startswith((paths.PKI, paths.KUBEADM))]
        self.assertEqual(left, [])

    def test_what_is_begun_is_written_before_it_begins(self) -> None:
        written: list[str] = []

        def kubeadm(_: Sequence[str]) -> Finished:
            written.append(self.step())
            return Finished(0, "", "")

        self.system.commands[INIT] = kubeadm
        run_agent(self.system)
        self.assertEqual(written, [steps.INIT])

    def test_joins_a_cluster_that_answers(self) -> None:
        self.met = {"10.0.0.10:6443"}
        with samples.no_further_than_the_wait() as waited:
            run_agent(self.system)
        self.assertEqual(waited.call_count, 1)
        self.assertEqual(self.ran("kubeadm", "init"), 0)

    def test_waits_while_only_a_peer_answers_and_then_joins(self) -> None:
        self.met = {"10.0.0.21:2379"}
        self.system.on_sleep = lambda elapsed: self.met.update({"10.0.0.10:6443"} if elapsed > 3600 else ())
        with samples.no_further_than_the_wait():
            run_agent(self.system)
        self.assertEqual(self.ran("kubeadm", "init"), 0)
        self.assertTrue(any("the cluster exists (10.0.0.21)" in line for line in self.system.console))

    def test_without_word_of_the_others_it_takes_two_minutes_of_silence(self) -> None:
        self.empty = False
        self.assertEqual(run_agent(self.system), 0)
        self.assertIn("kimg: init: nothing of this cluster answered for 120 s", self.system.console)
        self.assertGreaterEqual(self.system.elapsed, 120)

    def test_nor_is_there_word_of_masters_that_the_seed_does_not_name(self) -> None:
        for masters, peers, least in ((3, [], 120), (3, ["10.0.0.21", "10.0.0.22"], 120), (1, [], 0)):
            self.system = init_node(masters=masters, peers=peers)
            self.assertEqual(run_agent(self.system), 0)
            self.assertTrue(least <= self.system.elapsed < least + 30, (masters, peers, self.system.elapsed))

    def test_silence_begins_anew_when_somebody_was_met(self) -> None:
        self.empty = False
        self.met = {"10.0.0.21:6443"}
        self.system.on_sleep = lambda elapsed: self.met.clear() if elapsed > 100 else None
        self.assertEqual(run_agent(self.system), 0)
        self.assertGreaterEqual(self.system.elapsed, 220)

    def test_a_sealed_seed_says_so(self) -> None:
        self.system.files[paths.NODE] = json.dumps(samples.node_document(**BOOTSTRAP, cluster_state="existing")).encode()
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("sealed: this seed may not make a cluster", self.system.report()["reason"])
        self.assertEqual(self.ran("kubeadm", "init"), 0)

    def test_a_cut_init_is_taken_up_without_asking_anybody(self) -> None:
        self.system.commands[INIT] = Finished(1, "error: cut\n", "")
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual(self.step(), steps.INIT)
        self.system.files["/etc/kubernetes/pki/apiserver.crt"] = b""
        self.system.files["/var/lib/etcd/member/wal/0.wal"] = b"data"
        self.system.commands[INIT] = Finished(0, "", "")
        self.met = {"10.0.0.10:6443"}
        self.assertEqual(run_agent(self.system), 0)
        self.assertNotIn("/etc/kubernetes/pki/apiserver.crt", self.system.files)
        self.assertIn("/var/lib/etcd/member/wal/0.wal", self.system.files)
        self.assertEqual((self.ran(*INIT), self.step()), (2, steps.MEMBER))

    def test_an_init_that_made_nothing_is_decided_again(self) -> None:
        steps.write_step(self.system, steps.INIT)
        self.met = {"10.0.0.10:6443"}
        with samples.no_further_than_the_wait() as waited:
            run_agent(self.system)
        self.assertEqual((waited.call_count, self.ran("kubeadm", "init")), (1, 0))

    def test_an_init_that_made_nothing_is_begun_again_where_there_is_no_cluster(self) -> None:
        steps.write_step(self.system, steps.INIT)
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*INIT), self.step()), (1, steps.MEMBER))

    def test_the_report_is_whole_when_the_sentinel_is_there(self) -> None:
        outcomes: list[str] = []
        write = self.system.write_atomic

        def watch(path: str, data: bytes, mode: int) -> None:
            outcomes.extend([self.system.report()["outcome"]] if path == paths.SENTINEL else [])
            write(path, data, mode)

        with mock.patch.object(self.system, "write_atomic", watch):
            run_agent(self.system)
        self.assertEqual(outcomes, ["done"])

    def test_cut_off_after_init_it_goes_on_with_the_add_ons(self) -> None:
        steps.write_step(self.system, steps.INITIALISED)
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*INIT), self.step()), (0, steps.MEMBER))

    def test_cut_off_while_sealing_it_seals(self) -> None:
        steps.write_step(self.system, steps.MEMBER)
        for path in [path for path in self.system.files if path.startswith(paths.PKI)]:
            del self.system.files[path]
        self.assertEqual(run_agent(self.system), 0)
        self.assertIn(paths.SENTINEL, self.system.files)

    def test_a_manifest_that_the_api_server_does_not_take(self) -> None:
        self.system.commands[APPLY] = lambda words: Finished(1 if "apply" in words else 0, "", "error: no kind Foo")
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual(self.system.report()["reason"], f"{MANIFEST}: error: no kind Foo")
        self.assertEqual(self.step(), steps.INITIALISED)

    def test_what_kubectl_says_of_a_secret_is_not_repeated(self) -> None:
        words = "error: failed to create typed patch object: .stringData.pin: expected string, got &value.valueUnstructured{Value:8151}"
        self.system.commands[APPLY] = lambda command: Finished(1 if "apply" in command else 0, "", words)
        for manifest in (b"apiVersion: v1\nkind: Secret\nstringData: { pin: 8151 }\n", b'{"items":[{"kind":"Secret","data":{"pin":8151}}]}'):
            self.system.files[MANIFEST] = manifest
            self.assertEqual(run_agent(self.system), 1)
            reason = "cannot be applied; why is not repeated here, as it has a Secret"
            self.assertEqual(self.system.report()["reason"], f"{MANIFEST}: {reason}")
            self.assertNotIn("8151", "".join([*self.system.console, *self.system.output, *self.system.statuses]))


BOOTSTRAP = {"bootstrap": "init", "role": "master-init", "kubeadm_config": "/etc/kimg/kubeadm/init.yaml"}


def init_node(**changes: Any) -> FakeSystem:
    system = samples.good_system(**BOOTSTRAP, **changes)
    system.files.update({"/etc/kimg/kubeadm/init.yaml": b"kind: InitConfiguration\n", MANIFEST: b"kind: DaemonSet\n"})
    system.commands.update({INIT: Finished(0, "[certs] Generating\n", ""), APPLY: Finished(0, "ok", "")})
    return system
