import json
import unittest
from unittest import mock

from kimg_agent.etcd.gateway import UNREACHABLE, EtcdError
from kimg_agent.etcd.health import EtcdHealth, observe
from kimg_agent.etcd.members import Member
from kimg_agent.look import member_status
from kimg_agent.maintenance.timers import CERTIFICATES_STATE, SETTINGS, SNAPSHOTS_STATE
from tests.fake_system import FakeSystem
from tests.master import KEY, FakeMaster, etcd_health, leaf_files, members, pem


class MemberStatus(unittest.TestCase):
    def setUp(self) -> None:
        self.master = FakeMaster()
        self.master.files["/var/lib/kimg/bootstrapped"] = b"{}"
        self.master.days_before_the_end(20)

    def lines(self, seen: EtcdHealth) -> list[str]:
        with mock.patch("kimg_agent.etcd.health.observe", return_value=seen):
            document = member_status.observe(self.master)
        self.assertNotIn(KEY.decode(), json.dumps(document))
        return member_status.describe(document)

    def test_not_a_member(self) -> None:
        self.assertEqual(member_status.observe(FakeSystem()), {})
        self.assertEqual(member_status.describe({}), [])

    def test_all_well(self) -> None:
        self.master.files["/var/lib/kimg/snapshots/20261122T100000Z-r7.db"] = b"x"
        lines = self.lines(etcd_health(healthy=2))
        self.assertRegex(lines[0], r"^certs     11 certificates; the first to end is apiserver, in 20d00h \(20\d\d-")
        self.assertEqual(lines[1], "etcd      3 of 3 voters answer, leader cp1, 20 MiB, version 3.7.0")
        self.assertEqual(lines[2], "snapshots 1 kept, the newest of 2026-11-22T10:00:00Z")

    def test_what_is_off(self) -> None:
        self.master.files[SETTINGS] = b'{"version": 1, "snapshots": false, "certificates": {"renew": false}}'
        self.master.files[SNAPSHOTS_STATE] = b'{"version": 1, "outcome": "failed", "reason": "disk full"}'
        lines = self.lines(etcd_health(healthy=2))
        self.assertEqual(lines[1], "          renewal off, as certificates.renew of cluster.yaml says")
        self.assertEqual(lines[3], "snapshots off, as etcd.snapshots of cluster.yaml says; none on this node")

    def test_settings_that_cannot_be_read_hide_nothing(self) -> None:
        self.master.files[SETTINGS] = b"{"
        self.assertEqual(len(self.lines(etcd_health(healthy=2))), 3)

    def test_all_ill(self) -> None:
        self.master.days_before_the_end(-2)
        self.master.files["/etc/kubernetes/pki/apiserver.crt"] = b""
        self.master.files[CERTIFICATES_STATE] = b'{"version": 1, "outcome": "failed", "reason": "kubeadm: no CA"}'
        self.master.files[SNAPSHOTS_STATE] = b'{"version": 1, "outcome": "failed", "reason": "disk full"}'
        lines = self.lines(etcd_health(healthy=1, leader=0, errors=("etcdserver: no leader",)))
        self.assertRegex(lines[0], "it HAS ENDED")
        self.assertEqual(lines[1], "          cannot be read: /etc/kubernetes/pki/apiserver.crt")
        self.assertEqual(lines[2], "          renewal failed: kubeadm: no CA")
        expected = "2 of 3 voters answer (not: cp3), NO LEADER, 20 MiB, version 3.7.0; etcdserver: no leader"
        self.assertEqual(lines[3], f"etcd      {expected}")
        self.assertEqual(lines[4], "snapshots none on this node; failed: disk full")

    def test_a_learner_that_is_silent_is_no_voter(self) -> None:
        every = (*members("cp1"), Member(2, "cp2", ("https://cp2:2380",), ("https://cp2:2379",), True))
        seen = EtcdHealth("", etcd_health(healthy=0, count=1).own, every, every[1:])
        self.assertIn("etcd      1 of 1 voters and 1 learners answer (not: cp2), leader cp1", "\n".join(self.lines(seen)))

    def test_etcd_does_not_answer(self) -> None:
        self.assertIn("etcd      this node's member does not answer: refused", self.lines(EtcdHealth("refused")))

    def test_a_worker_has_its_kubelets_certificate_only(self) -> None:
        worker = FakeSystem()
        worker.files = {"/var/lib/kimg/bootstrapped": b"{}", "/var/lib/kubelet/pki/kubelet-client-current.pem": pem(100)}
        document = member_status.observe(worker)
        self.assertEqual((list(document), document["certificates"]["nearest"]["name"]), (["certificates"], "kubelet"))

    def test_dates_for_machines(self) -> None:
        document = member_status.observe(self.master)["certificates"]
        self.assertEqual(document["nearest"]["seconds_left"], 20 * 86400)
        self.assertEqual(document["count"], len([path for path in leaf_files(pem(100)) if not path.endswith(".key")]))


class Observe(unittest.TestCase):
    def observe(self, silent: tuple[str, ...], every: tuple[Member, ...]) -> EtcdHealth:
        def status(_: object, asked: object, *__: object) -> object:
            if any(name in str(asked) for name in silent):
                raise EtcdError(UNREACHABLE, "no answer")
            return etcd_health(healthy=2).own

        listed = mock.patch("kimg_agent.etcd.members.list_members", return_value=every)
        with mock.patch("kimg_agent.etcd.members.read_status", status), listed:
            return observe(FakeMaster())

    def test_who_answers(self) -> None:
        every = members("cp1", "cp2", "cp3")
        seen = self.observe(("cp3",), every)
        self.assertEqual((seen.silent, seen.healthy_others, seen.leader), (every[2:], 1, every[0]))

    def test_one_that_never_started_is_not_asked_and_is_no_help(self) -> None:
        learner = Member(9, "", ("https://10.0.0.9:2380",), (), True)
        seen = self.observe((), (*members("cp1", "cp2"), learner))
        self.assertEqual((seen.silent, seen.healthy_others), ((), 1))
        self.assertEqual(seen.name_of(learner), "https://10.0.0.9:2380")

    def test_own_member_is_away(self) -> None:
        seen = self.observe(("127.0.0.1",), ())
        self.assertEqual((seen.problem, seen.own, seen.leader), ("no answer", None, None))


if __name__ == "__main__":
    unittest.main()
