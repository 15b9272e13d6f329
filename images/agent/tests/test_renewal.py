import json
import unittest
from dataclasses import replace
from typing import Any, Callable, Optional, Sequence
from unittest import mock

from kimg_agent.etcd.health import EtcdHealth
from kimg_agent.etcd.members import Member
from kimg_agent.maintenance import certificates, renewal
from kimg_agent.maintenance.lease import Turn
from kimg_agent.maintenance.renewal import NOTHING, RENEWING, RESTARTING, plan, run_renewal
from kimg_agent.maintenance.timers import CERTIFICATES_STATE, DONE, FAILED, WAITING, Settings
from kimg_agent.outside import endpoint
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import Finished
from tests.master import FakeMaster, ca_file, etcd_health, kubeconfig, leaf_files, pem

DAY = 86400.0
OLD, NEW = 100, 365
READY = Answer(endpoint.READY, "/readyz answers 200")
REFUSED = Answer(endpoint.REFUSED, "connection refused")
EVERY_RESTART = ["stop kube-apiserver", "stop etcd", "stop kube-controller-manager", "stop kube-scheduler"]


class Killed(Exception):
    """The power is cut, or the program is killed."""


class Plans(unittest.TestCase):
    def plan(self, days: float, step: str = NOTHING, at_once: bool = False, by_itself: bool = True) -> renewal.Plan:
        master = FakeMaster()
        master.days_before_the_end(days)
        return plan(certificates.observe(master).renewed, step, master.now(), 30 * DAY, at_once, by_itself)

    def test_the_whole_table(self) -> None:
        for days, step, at_once, expected, urgent, ended in (
            (31, NOTHING, False, NOTHING, False, False),
            (31, NOTHING, True, RENEWING, False, False),
            (29, NOTHING, False, RENEWING, False, False),
            (14, NOTHING, False, RENEWING, True, False),
            (-1, NOTHING, False, RENEWING, True, True),
            # Cut off before: what was begun is ended, also when the dates are all right again.
            (90, RESTARTING, False, RESTARTING, False, False),
            (29, RESTARTING, True, RESTARTING, False, False),
        ):
            found = self.plan(days, step, at_once)
            self.assertEqual((found.step, found.urgent, found.ended), (expected, urgent, ended), (days, step, at_once))

    def test_turned_off(self) -> None:
        for days, step, at_once, expected in (
            (29, NOTHING, False, NOTHING),
            (-1, NOTHING, False, NOTHING),
            (29, NOTHING, True, RENEWING),
            # Begun by a person, and cut off.
            (29, RESTARTING, False, RESTARTING),
        ):
            self.assertEqual(self.plan(days, step, at_once, by_itself=False).step, expected, (days, step, at_once))

    def test_nothing_to_renew(self) -> None:
        self.assertEqual(plan((), NOTHING, FakeMaster().now(), 30 * DAY, True).step, NOTHING)


class Renewal(unittest.TestCase):
    def setUp(self) -> None:
        self.master = FakeMaster()
        self.master.files.update(ca_file())
        self.master.days_before_the_end(20)
        self.master.commands[renewal.RENEW] = self.kubeadm
        self.answers: dict[str, Answer] = {}
        self.asked: list[Endpoint] = []
        self.health: Callable[[], EtcdHealth] = lambda: etcd_health(healthy=2)
        for target, function in (
            ("kimg_agent.etcd.members.read_status", lambda *_: self.master.etcd_status()),
            ("kimg_agent.etcd.health.observe", lambda _: self.health()),
            ("kimg_agent.outside.endpoint.ask_ready", self.ask_ready),
        ):
            patch = mock.patch(target, function)
            patch.start()
            self.addCleanup(patch.stop)
        self.killed_after: Optional[int] = None

    def kubeadm(self, _: Sequence[str]) -> Finished:
        """Writes one file after the other; a power cut leaves the next one empty."""
        for count, (path, data) in enumerate(sorted(leaf_files(pem(NEW)).items())):
            if path not in self.master.files:
                continue
            if count == self.killed_after:
                self.master.files[path] = b""
                raise Killed
            self.master.files[path] = data
        self.master.events.append("kubeadm")
        return Finished(0, "certificate renewed\n", "")

    def ask_ready(self, _: object, asked: Endpoint, ca_pem: str, __: float) -> Answer:
        self.assertEqual(ca_pem.encode(), pem(3650))
        self.asked.append(asked)
        return self.answers.get(asked.host, READY)

    def run_once(self, at_once: bool = False, name: str = "cp1") -> int:
        return run_renewal(self.master, Settings(), name, 6443, at_once)

    def test_turned_off_it_says_so_and_does_nothing(self) -> None:
        self.assertEqual(run_renewal(self.master, Settings(renewal_on=False), "cp1", 6443), 0)
        self.assertNotIn("kubeadm", self.master.events)
        self.assertIn("off, as certificates.renew of cluster.yaml says", self.master.output[-1])

    def state(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.master.files[CERTIFICATES_STATE])
        return document

    def ends(self) -> set[object]:
        return {leaf.not_after for leaf in certificates.observe(self.master).renewed}

    def assert_renewed(self) -> None:
        observed = certificates.observe(self.master)
        self.assertEqual((len(observed.renewed), observed.unreadable), (11, ()))
        self.assertEqual(len(self.ends()), 1)
        self.assertFalse(certificates.is_due(observed.renewed[0], self.master.now(), 30 * DAY))
        self.assertEqual((self.state()["outcome"], self.state()["step"]), (DONE, NOTHING))
        self.assertEqual(self.copies(), [])

    def copies(self) -> list[str]:
        return self.master.list_files(renewal.BACKUP)

    def test_not_yet(self) -> None:
        self.master.days_before_the_end(40)
        self.assertEqual(self.run_once(), 0)
        self.assertEqual((self.master.events, self.master.api.history), ([], []))
        self.assertEqual(self.state()["outcome"], DONE)

    def test_written_once_and_not_again(self) -> None:
        self.master.days_before_the_end(40)
        self.run_once()
        self.master.writes.clear()
        self.run_once()
        self.assertEqual(self.master.writes, [])

    def test_renewed_restarted_and_the_turn_given_back(self) -> None:
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()
        self.assertEqual(self.master.events, ["kubeadm", *EVERY_RESTART])
        self.assertEqual((self.master.api.history[0][1], self.master.api.history[-1][1]), ("cp1", ""))
        self.assertRegex(self.state()["renewed"], r"^20\d\d-")
        self.assertGreater(self.master.synced, 0)

    def test_at_once(self) -> None:
        self.master.days_before_the_end(90)
        self.assertEqual(self.run_once(at_once=True), 0)
        self.assert_renewed()

    def test_no_key_in_state_or_journal(self) -> None:
        self.run_once()
        said = (
            "\n".join(self.master.output) + json.dumps(self.state()) + " ".join(word for words in self.master.ran for word in words)
        )
        self.assertNotIn("PRIVATE", said)
        self.assertNotIn("secret", said)

    def test_another_masters_turn(self) -> None:
        other = FakeMaster("cp2", self.master.api)
        turn = Turn(other, "cp2")
        turn.take(0)

        def live_on(elapsed: float) -> None:
            other.elapsed = elapsed
            turn.keep()

        self.master.on_sleep = live_on
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(self.master.events, [])
        self.assertEqual((self.state()["outcome"], self.state()["reason"]), (WAITING, "it is the turn of cp2"))

    def test_without_this_member_there_would_be_no_quorum(self) -> None:
        self.health = lambda: etcd_health(healthy=1)
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(self.master.events, [])
        self.assertIn("1 of 2 other members answer, 2 are needed", self.state()["reason"])
        self.assertEqual(self.master.api.history[-1][1], "")

    def test_no_quorum_and_no_more_time_to_wait_for_one(self) -> None:
        self.health = lambda: etcd_health(healthy=1)
        self.master.days_before_the_end(10)
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()

    def test_every_other_api_server_is_asked(self) -> None:
        self.assertEqual(run_renewal(self.master, Settings(), "cp1", 7443), 0)
        self.assertEqual(self.asked, [Endpoint("cp2", 7443), Endpoint("cp3", 7443)])

    def test_another_masters_api_server_is_not_ready(self) -> None:
        self.answers["cp3"] = REFUSED
        self.assertEqual(self.run_once(), 0)
        self.assertEqual((self.master.events, self.state()["outcome"]), ([], WAITING))
        self.assertEqual(self.state()["reason"], "the API server of cp3 is not ready: https://cp3:6443: connection refused")
        self.assertEqual(self.master.api.history[-1][1], "")

    def test_another_masters_api_server_is_not_ready_and_there_is_no_more_time_to_wait_for_it(self) -> None:
        self.answers["cp3"] = REFUSED
        self.master.days_before_the_end(10)
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()

    def test_a_master_that_joins_is_not_waited_for(self) -> None:
        learner = Member(9, "", ("https://10.0.0.9:2380",), (), True)
        self.health = lambda: replace(etcd_health(healthy=2), members=(*etcd_health(healthy=2).members, learner))
        self.answers["10.0.0.9"] = REFUSED
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()

    def test_the_ca_cannot_be_read(self) -> None:
        self.master.files["/etc/kubernetes/pki/ca.crt"] = b"x"
        self.assertEqual(self.run_once(), 1)
        self.assertEqual(self.state()["reason"], "/etc/kubernetes/pki/ca.crt: no PEM certificate in it")
        self.assertEqual(self.master.events, [])

    def test_a_cluster_of_one_has_no_better_moment(self) -> None:
        self.health = lambda: etcd_health(healthy=0, count=1)
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()
        self.assertEqual(self.asked, [])

    def test_ended_certificates_are_renewed_without_an_api(self) -> None:
        self.master.days_before_the_end(-5)
        self.master.api.up = False
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()

    def test_no_api_server_to_agree_through(self) -> None:
        self.master.api.up = False
        self.assertEqual(self.run_once(), 1)
        self.assertEqual((self.state()["outcome"], self.master.events), (FAILED, []))

    def test_kubeadm_fails(self) -> None:
        before = dict(leaf_files(pem(OLD)))
        self.master.commands[renewal.RENEW] = Finished(1, "error: cannot read the CA\n", "")
        self.assertEqual(self.run_once(), 1)
        self.assertIn("cannot read the CA", self.state()["reason"])
        self.assertEqual(self.master.events, [])
        self.assertEqual({path: self.master.files[path] for path in before}, before)
        self.assertEqual((self.state()["step"], self.copies()), (NOTHING, []))

    def test_kubeadm_renews_nothing_because_the_ca_is_elsewhere(self) -> None:
        self.master.commands[renewal.RENEW] = Finished(0, "Detected external CA\n", "")
        self.assertEqual(self.run_once(), 1)
        self.assertIn("it did not renew apiserver,", self.state()["reason"])
        self.assertEqual(self.master.events, [])

    def test_one_that_ended_later_than_the_new_ones(self) -> None:
        self.master.files["/etc/kubernetes/pki/apiserver.crt"] = pem(800)
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()

    def test_kubeadm_says_that_all_is_well_and_leaves_one_file_empty(self) -> None:
        def kubeadm(words: Sequence[str]) -> Finished:
            done = self.kubeadm(words)
            self.master.files["/etc/kubernetes/pki/apiserver.crt"] = b""
            return done

        self.master.commands[renewal.RENEW] = kubeadm
        self.assertEqual(self.run_once(), 1)
        self.assertIn("it did not renew apiserver", self.state()["reason"])
        self.assertEqual(self.master.files["/etc/kubernetes/pki/apiserver.crt"], pem(OLD))

    def test_killed_at_any_moment_of_kubeadm(self) -> None:
        for count in range(len(certificates.renewed_files())):
            with self.subTest(files=count):
                self.setUp()
                self.killed_after = count
                with self.assertRaises(Killed):
                    self.run_once()
                self.assertEqual(self.state()["step"], RENEWING)
                self.killed_after = None
                self.assertEqual(self.run_once(), 0)
                self.assert_renewed()

    def test_killed_while_the_pods_restart(self) -> None:
        def power_cut(elapsed: float) -> None:
            if "stop etcd" in self.master.events:
                raise Killed

        self.master.on_sleep = power_cut
        with self.assertRaises(Killed):
            self.run_once()
        self.assertEqual(self.state()["step"], RESTARTING)
        self.master.on_sleep = lambda elapsed: None
        self.master.sleep(60)
        self.master.events.clear()
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()
        self.assertEqual(self.master.events, EVERY_RESTART)

    def test_killed_while_the_copies_are_made(self) -> None:
        with mock.patch("kimg_agent.maintenance.renewal._note", side_effect=Killed), self.assertRaises(Killed):
            self.run_once()
        self.assertNotEqual(self.copies(), [])
        self.master.files["/etc/kubernetes/pki/apiserver.crt"] = pem(200)
        self.assertEqual(self.run_once(at_once=True), 0)
        self.assert_renewed()

    def test_full_disk(self) -> None:
        self.master.write_error = OSError(28, "No space left on device")
        self.assertEqual(self.run_once(), 1)
        self.assertEqual(self.master.events, [])
        self.assertIn("no space left on device", self.master.output[-2])

    def test_a_node_without_super_admin(self) -> None:
        del self.master.files["/etc/kubernetes/super-admin.conf"]
        self.assertEqual(self.run_once(), 0)
        self.assertNotIn("/etc/kubernetes/super-admin.conf", self.master.files)
        self.assertEqual(self.state()["outcome"], DONE)

    def test_what_is_renewed_is_read_from_kubeconfigs_too(self) -> None:
        self.master.files.update(leaf_files(pem(300)))
        self.master.files["/etc/kubernetes/scheduler.conf"] = kubeconfig(pem(OLD))
        self.assertEqual(self.run_once(), 0)
        self.assert_renewed()
        self.assertTrue(any("certificate scheduler.conf: ends in" in line for line in self.master.output))


class OneMasterAtATime(unittest.TestCase):
    def setUp(self) -> None:
        self.masters = [FakeMaster("cp1")]
        self.masters += [FakeMaster(name, self.masters[0].api) for name in ("cp2", "cp3")]
        for master in self.masters:
            master.files.update(ca_file())
            master.days_before_the_end(20)
            master.commands[renewal.RENEW] = self._kubeadm(master)
        for target, function in (
            ("kimg_agent.etcd.members.read_status", lambda system, *_: system.etcd_status()),
            ("kimg_agent.etcd.health.observe", self._observe),
            ("kimg_agent.outside.endpoint.ask_ready", self._ask_ready),
        ):
            patch = mock.patch(target, function)
            patch.start()
            self.addCleanup(patch.stop)

    def _observe(self, system: FakeMaster) -> EtcdHealth:
        seen = etcd_health(healthy=2)
        assert seen.own
        return replace(seen, own=replace(seen.own, member_id=self.masters.index(system) + 1))

    def _ask_ready(self, _: object, asked: Endpoint, *__: object) -> Answer:
        (master,) = [master for master in self.masters if master.name == asked.host]
        return READY if master.component_is_healthy("kube-apiserver") else REFUSED

    def _kubeadm(self, master: FakeMaster) -> Callable[[Sequence[str]], Finished]:
        def kubeadm(_: Sequence[str]) -> Finished:
            master.files.update(leaf_files(pem(NEW)))
            return Finished(0, "", "")

        return kubeadm

    def _run(self, master: FakeMaster) -> int:
        """All have one clock."""
        status = run_renewal(master, Settings(), master.name, 6443)
        for other in self.masters:
            other.elapsed = master.elapsed
        return status

    def test_the_second_waits_for_the_first(self) -> None:
        first, second, _ = self.masters
        inside = False

        def other_comes(elapsed: float) -> None:
            nonlocal inside
            if not inside and first.events and elapsed < 60:
                inside = True
                second.elapsed = elapsed
                found = Turn(second, "cp2").take(0)
                self.assertEqual(found, "cp1")
                inside = False

        first.on_sleep = other_comes
        self.assertEqual([self._run(first), self._run(second)], [0, 0])
        holders = [holder for _, holder in first.api.history]
        self.assertEqual([h for i, h in enumerate(holders) if i == 0 or holders[i - 1] != h], ["cp1", "", "cp2", ""])

    def test_none_follows_one_that_did_not_come_back(self) -> None:
        """For a reason that shows only when an API server starts anew, and that every master has."""
        for master in self.masters:
            is_healthy = master.component_is_healthy
            master.component_is_healthy = (  # type: ignore[method-assign]
                lambda name, master=master, is_healthy=is_healthy: (
                    not (name == "kube-apiserver" and "stop kube-apiserver" in master.events) and is_healthy(name)
                )
            )
        self.assertEqual([self._run(master) for master in self.masters], [1, 0, 0])
        self.assertEqual([master.name for master in self.masters if "stop kube-apiserver" in master.events], ["cp1"])


if __name__ == "__main__":
    unittest.main()
