"""The joiners' ways: a worker's and a master's, new, cut off, and on a disk that had another life."""

import json
import unittest
from typing import Any, Sequence
from unittest import mock

from kimg_agent.assembly.machine import run_agent
from kimg_agent.etcd.gateway import UNREACHABLE, EtcdError
from kimg_agent.etcd.members import Member, Status
from kimg_agent.kubernetes.kubeadm import CLEAN_UP
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import Finished
from kimg_agent.state import steps
from tests import samples

JOIN = ("kubeadm", "join")
MARK = ("kubeadm", "join", "phase", "control-plane-join", "mark-control-plane")
CREDENTIALS = ("kubectl", "--kubeconfig=/run/kimg/admin.conf")
NODE = ("kubectl", f"--kubeconfig={paths.KUBELET_CREDENTIALS}")
CLUSTER_INFO = ("kubectl", "--kubeconfig=/dev/null")
KUBELET_FILES = ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env", "/etc/kubernetes/pki/ca.crt", paths.KUBELET_CREDENTIALS)
STATIC_PODS = tuple(
    f"/etc/kubernetes/manifests/{name}.yaml" for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
)
NAME_TAKEN = Finished(1, 'error: a Node with name "w1" and status "Ready" already exists in the cluster.\n', "")
WAL = "/var/lib/etcd/member/wal/0.wal"


def member(number: int, learner: bool = False) -> Member:
    url = f"https://10.0.0.2{number}"
    return Member(number, f"cp{number}", (f"{url}:2380",), (f"{url}:2379",), learner)


class Joins(unittest.TestCase):
    bootstrap = "join-worker"

    def setUp(self) -> None:
        self.system = samples.good_system(bootstrap=self.bootstrap)
        self.system.commands.update(samples.WORKER_JOINS)
        ready = mock.patch("kimg_agent.outside.endpoint.ask_ready", return_value=Answer(probe.READY, "/readyz answers 200"))
        ready.start()
        self.addCleanup(ready.stop)

    def put(self, *names: str, data: bytes = b"x") -> None:
        self.system.files.update(dict.fromkeys(names, data))

    def ran(self, *first: str) -> int:
        return sum(words[: len(first)] == first for words in self.system.ran)

    def step(self) -> str:
        return steps.read_step(self.system)


class Worker(Joins):
    def test_joins_and_seals(self) -> None:
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.ran(*CLEAN_UP), self.step()), (1, 0, steps.MEMBER))
        self.assertNotIn("/etc/kimg/kubeadm/join.yaml", self.system.files)

    def test_clears_what_a_cut_join_left_before_the_next(self) -> None:
        self.system.commands[JOIN] = Finished(1, "error: cut\n", "")
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual(self.step(), steps.JOIN)
        self.put(*KUBELET_FILES, data=b"")
        self.system.commands.update({JOIN: Finished(0, "", ""), CLEAN_UP: Finished(0, "", "")})
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.ran(*CLEAN_UP), self.step()), (2, 1, steps.MEMBER))

    def test_waits_until_the_cluster_misses_the_machine_that_it_replaces(self) -> None:
        answers = [NAME_TAKEN, NAME_TAKEN, Finished(0, "", "")]
        self.system.commands.update({JOIN: lambda _: answers.pop(0), CLEAN_UP: Finished(0, "", "")})
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.ran(*CLEAN_UP), self.step()), (3, 2, steps.MEMBER))
        said = [line for line in self.system.console if "NotReady" in line]
        words = "kubeadm join: a Ready node of this name is in the cluster already"
        self.assertEqual(said, [f"kimg: waiting for the old Node object of this name to be NotReady: {words}"])
        self.assertFalse([line for line in self.system.console if "FAILED" in line or "cleared" in line])

    def test_a_name_that_stays_taken_is_another_machines(self) -> None:
        self.system.commands.update({JOIN: NAME_TAKEN, CLEAN_UP: Finished(0, "", "")})
        before = self.system.elapsed
        self.assertEqual(run_agent(self.system), 1)
        report = self.system.report()
        self.assertEqual((report["phase"], report["outcome"]), ("join", "failed"))
        self.assertRegex(report["reason"], "Ready node of this name")
        self.assertRegex(report["hint"], "another name")
        self.assertTrue(90 <= self.system.elapsed - before < 120)

    def test_another_failure_is_told_at_once(self) -> None:
        self.system.commands.update({JOIN: Finished(1, "error: no space left on device\n", ""), CLEAN_UP: Finished(0, "", "")})
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual((self.ran(*JOIN), self.system.report()["reason"]), (1, "kubeadm join: the disk is full"))

    def test_a_cut_join_that_was_as_good_as_done_is_finished(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES)
        self.system.commands[NODE] = Finished(0, '{"kind": "Node"}', "")
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.ran(*CLEAN_UP), self.step()), (0, 0, steps.MEMBER))

    def test_so_is_one_whose_cluster_does_not_answer_at_first(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES)
        answers = [Finished(1, "", "connection refused"), *[Finished(0, '{"kind": "Node"}', "")] * 2]
        self.system.commands.update({NODE: lambda _: answers.pop(0), CLEAN_UP: Finished(0, "", "")})
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.ran(*CLEAN_UP), self.step()), (0, 0, steps.MEMBER))

    def test_one_whose_node_is_not_there_joins_again(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES)
        self.system.commands.update({NODE: Finished(1, "", "NotFound"), CLEAN_UP: Finished(0, "", "")})
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.ran(*CLEAN_UP)), (1, 1))

    def test_a_token_that_the_cluster_does_not_know(self) -> None:
        self.system.commands[CLUSTER_INFO] = Finished(0, '{"data": {"kubeconfig": "x"}}', "")
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("the join token is not known to the cluster", self.system.report()["reason"])
        self.assertIn("kimg token", self.system.report()["hint"])
        self.assertEqual((self.ran(*JOIN), self.step()), (0, steps.NOTHING))

    def test_a_wrong_secret(self) -> None:
        self.system.commands[CLUSTER_INFO] = Finished(0, '{"data": {"kubeconfig": "x", "jws-kubeconfig-abcdef": "a..b"}}', "")
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("secret half", self.system.report()["reason"])


class Master(Joins):
    bootstrap = "join-control-plane"

    def setUp(self) -> None:
        super().setUp()
        self.members: Any = [(member(1),)]
        self.removed: list[int] = []
        self.asked: list[str] = []
        self.alive = {1}
        self.system.commands[("kubeadm", "init", "phase")] = Finished(0, "", "")
        self.system.commands[CLEAN_UP] = Finished(0, "", "")
        self.system.commands[JOIN] = self.join
        self.system.commands[("systemctl",)] = self.systemctl
        self.system.commands[("kubectl", f"--kubeconfig={paths.ADMIN}")] = Finished(0, "ok", "")
        self.system.commands[CREDENTIALS] = Finished(0, "", "")
        for name, replacement in (
            ("list_members", self.list_members),
            ("remove_member", self.remove_member),
            ("read_status", self.read_status),
        ):
            patch = mock.patch(f"kimg_agent.etcd.members.{name}", replacement)
            patch.start()
            self.addCleanup(patch.stop)

    def list_members(self, _: object, endpoint: Endpoint, *__: object) -> tuple[Member, ...]:
        self.asked.append(endpoint.authority)
        if self.members is None:
            raise EtcdError(UNREACHABLE, "etcd: no answer")
        latest: tuple[Member, ...] = self.members[-1]
        return latest

    def remove_member(self, system: object, endpoint: object, access: object, member_id: int) -> None:
        self.removed.append(member_id)
        self.members.append(tuple(known for known in self.members[-1] if known.id != member_id))

    def read_status(self, system: object, endpoint: Any, *_: object) -> Status:
        if int(endpoint.host[-1]) not in self.alive:
            raise EtcdError(UNREACHABLE, "no answer")
        return Status(1, 1, 1, "3.7.0", 1, ())

    def join(self, words: Sequence[str]) -> Finished:
        if "phase" not in words:
            self.members.append((*self.members[-1], member(2)))
        return Finished(0, "", "")

    def systemctl(self, words: Sequence[str]) -> Finished:
        if tuple(words[1:]) == ("start", "kubelet.service") and self.members is None:
            self.members = [(member(1), member(2))]
        return Finished(0, "", "")

    def test_joins_as_a_voter(self) -> None:
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*JOIN), self.removed, self.step()), (1, [], steps.MEMBER))
        self.assertIn("kimg: etcd: 2 voters", self.system.console)
        self.assertIn("/etc/kubernetes/pki/ca.key", self.system.files)

    def test_its_own_learner_goes_before_it_joins_again(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES, WAL)
        self.members = [(member(1), member(2, learner=True))]
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.removed, self.ran(*CLEAN_UP), self.ran(*JOIN)), ([2], 1, 1))
        self.assertNotIn(WAL, self.system.files)

    def test_a_voter_with_its_data_is_started_and_finished(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES, *STATIC_PODS, WAL)
        self.members = [(member(1), member(2))]
        self.system.commands[NODE] = Finished(0, '{"kind": "Node"}', "")
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.removed, self.ran(*CLEAN_UP), self.ran(*MARK), self.ran(*JOIN)), ([], 0, 1, 1))
        self.assertIn(WAL, self.system.files)

    def test_the_missing_vote_comes_back_by_itself(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES, *STATIC_PODS, WAL)
        self.members = None
        self.system.commands[NODE] = Finished(0, '{"kind": "Node"}', "")
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.removed, self.step()), ([], steps.MEMBER))

    def test_a_re_imaged_voter_is_replaced_when_the_others_are_enough(self) -> None:
        self.members = [(member(1), member(2), member(3))]
        self.alive = {1, 3}
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.removed, self.ran(*JOIN)), ([2], 1))

    def test_a_voter_whose_machine_the_cluster_hears_of_is_not_removed(self) -> None:
        self.members = [(member(1), member(2), member(3))]
        self.alive = {1, 3}
        for node, reason in ((Finished(0, "True", ""), "a Ready node of this name"), (Finished(1, "", "Forbidden"), "Forbidden")):
            self.system.commands[CREDENTIALS] = node
            self.assertEqual(run_agent(self.system), 1)
            self.assertIn(reason, self.system.report()["reason"])
        self.assertEqual((self.removed, self.ran(*JOIN)), ([], 0))

    def test_until_it_is_missed(self) -> None:
        self.members = [(member(1), member(2), member(3))]
        self.alive = {1, 3}
        self.system.commands[CREDENTIALS] = lambda _: Finished(0, "True" if self.system.elapsed < 40 else "Unknown", "")
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.removed, self.ran(*JOIN)), ([2], 1))

    def test_masters_that_the_seed_does_not_name_are_asked_where_the_cluster_says(self) -> None:
        self.system.files["/etc/kimg/node.json"] = json.dumps(
            samples.node_document(bootstrap=self.bootstrap, masters=3, peers=[])
        ).encode()
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("etcd has no quorum", self.system.report()["reason"])
        advertised = {"kubeadm.kubernetes.io/etcd.advertise-client-urls": "https://10.0.0.21:2379"}
        pods = [{"metadata": {}}, {"metadata": {"annotations": advertised}}]
        self.system.commands[(*CREDENTIALS, "--request-timeout=15s", "get", "pods")] = Finished(0, json.dumps({"items": pods}), "")
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(self.ran(*JOIN), 1)
        self.assertIn("10.0.0.21:2379", self.asked)

    def test_and_waits_when_they_are_not(self) -> None:
        self.members = [(member(1), member(2), member(3))]
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("its old etcd member cannot be removed: 1 of 2 others answer", self.system.report()["reason"])
        self.assertEqual((self.removed, self.ran(*JOIN)), ([], 0))

    def test_an_expired_token_is_made_anew_by_the_ca(self) -> None:
        self.system.commands[CLUSTER_INFO] = Finished(0, '{"data": {"kubeconfig": "x"}}', "")

        def create(_: Sequence[str]) -> Finished:
            self.system.commands[CLUSTER_INFO] = Finished(1, "", "Forbidden")
            return Finished(0, "", "")

        self.system.commands[CREDENTIALS] = create
        self.assertEqual(run_agent(self.system), 0)
        self.assertIn('"token-id": "abcdef"', self.system.given[0])
        self.assertNotIn(samples.TOKEN.split(".")[1], " ".join(word for words in self.system.ran for word in words))

    def test_so_is_one_that_is_needed_for_the_rest_of_a_cut_join(self) -> None:
        steps.write_step(self.system, steps.JOIN)
        self.put(*KUBELET_FILES, *STATIC_PODS, WAL)
        self.members = [(member(1), member(2))]
        self.system.commands.update({NODE: Finished(0, '{"kind": "Node"}', ""), CREDENTIALS: Finished(0, "", "")})
        self.system.commands[CLUSTER_INFO] = Finished(0, '{"data": {"kubeconfig": "x"}}', "")
        self.system.commands[MARK] = Finished(1, "error: could not find a JWS signature\n", "")

        def create(_: Sequence[str]) -> Finished:
            self.system.commands.update({CLUSTER_INFO: Finished(1, "", "Forbidden"), MARK: Finished(0, "", "")})
            return Finished(0, "", "")

        self.system.commands[(*CREDENTIALS, "--request-timeout=15s", "apply")] = create
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual((self.ran(*MARK), self.step()), (1, steps.MEMBER))
