import json
import unittest
from datetime import datetime, timedelta, timezone
from typing import Sequence
from unittest import mock

from kimg_agent.etcd.health import EtcdHealth
from kimg_agent.etcd.members import Member
from kimg_agent.kubernetes import kubectl
from kimg_agent.look import doctor, health_checks
from kimg_agent.maintenance.certificates import Certificates, Leaf, Unreadable
from kimg_agent.maintenance.snapshots import parse_names
from kimg_agent.maintenance.timers import CERTIFICATES_STATE, SETTINGS, SNAPSHOTS_STATE, Settings
from kimg_agent.outside import endpoint
from kimg_agent.outside.disk import Space
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import Finished
from kimg_agent.reporting.result import FAIL, PASS, WARN, Result
from kimg_agent.seed.trust import read_certificates
from tests import samples
from tests.fake_system import FakeSystem
from tests.master import FakeDisk, etcd_health, leaf_files, pem

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
DAY = 86400.0


def leaf(name: str, days: float) -> Leaf:
    end = NOW + timedelta(days=days)
    return Leaf(name, f"/{name}", end - timedelta(days=365), end, "")


class Judgements(unittest.TestCase):
    def assert_is(self, result: Result, status: str, found: str) -> None:
        self.assertEqual((result.status, result.found), (status, found))
        self.assertTrue(result.hint or status == PASS)

    def test_report(self) -> None:
        self.assertEqual(health_checks.check_report({}).status, WARN)
        failed = {"outcome": "failed", "phase": "join", "reason": "token expired", "hint": "`kimg token`"}
        self.assertEqual(health_checks.check_report(failed), Result("agent", FAIL, "failed in join: token expired", "`kimg token`"))
        self.assertEqual(health_checks.check_report({"outcome": "waiting", "phase": "x", "reason": "y"}).status, WARN)
        self.assertEqual(health_checks.check_report({"outcome": "done", "phase": "member"}).status, PASS)

    def test_endpoint(self) -> None:
        asked = Endpoint("10.0.0.10", 6443)
        self.assert_is(health_checks.judge_endpoint(asked, Answer(endpoint.READY, "x")), PASS, "https://10.0.0.10:6443: x")
        self.assert_is(health_checks.judge_endpoint(asked, Answer(endpoint.REFUSED, "x")), FAIL, "https://10.0.0.10:6443: x")

    def test_space(self) -> None:
        for path, free, inodes, status in (
            ("/", 21, 100, PASS),
            ("/", 19, 100, WARN),
            ("/", 9, 100, FAIL),
            ("/", 50, 4, FAIL),
            ("/", 50, 9, WARN),
            (health_checks.IMAGES, 14, 100, FAIL),
            (health_checks.IMAGES, 29, 100, WARN),
        ):
            found = health_checks.judge_space(path, Space(1, free << 20, 100 << 20, inodes, 100))
            self.assertEqual(found.status, status, (path, free, inodes))
        self.assertEqual(health_checks.judge_space("/", Space(1, 50, 100, 0, 0)).status, PASS)

    def test_certificates(self) -> None:
        def judge(*renewed: Leaf, kubelet: float = 300, authority: float = 3000) -> list[tuple[str, str]]:
            found = Certificates(renewed, leaf("kubelet", kubelet), (leaf("ca", authority),), ())
            return [(one.status, one.found) for one in health_checks.judge_certificates(found, NOW, 30 * DAY)]

        self.assertEqual(judge(leaf("apiserver", 31)), [(PASS, "the first to end is apiserver, in 31d00h")])
        self.assertEqual(judge(leaf("apiserver", 20), leaf("x", 40)), [(WARN, "apiserver ends in 20d00h")])
        self.assertEqual(judge(leaf("apiserver", -1)), [(FAIL, "apiserver ended 1d00h ago")])
        self.assertEqual(judge(leaf("apiserver", 400)), [(FAIL, "apiserver is not valid yet by this machine's clock")])
        self.assertEqual(judge(kubelet=20)[0][0], PASS)  # the kubelet renews it by itself
        self.assertEqual(judge(kubelet=-1), [(FAIL, "kubelet ended 1d00h ago")])
        self.assertEqual(judge(authority=100), [(WARN, "the CA ca ends in 100d00h")])
        self.assertEqual(judge(authority=-1), [(FAIL, "the CA ca has ended")])

    def test_certificates_that_cannot_be_read(self) -> None:
        found = Certificates((), None, (), (Unreadable("etcd/peer", "/p", "no content (0 bytes)"),))
        self.assert_is(health_checks.judge_certificates(found, NOW, 1)[0], FAIL, "/p: no content (0 bytes)")
        self.assertEqual(health_checks.judge_certificates(Certificates((), None, (), ()), NOW, 1), ())

    def test_etcd(self) -> None:
        for seen, status, words in (
            (etcd_health(healthy=2), PASS, "3 of 3 voters answer, leader cp1"),
            (etcd_health(healthy=1), WARN, "no answer from cp3; 3 voters, 2 are needed"),
            (etcd_health(healthy=0), FAIL, "no quorum: 1 of 3 voters answer, 2 are needed (not: cp2, cp3)"),
            (etcd_health(healthy=2, leader=0), FAIL, "no quorum: 3 of 3 voters answer, 2 are needed (not: nobody)"),
            (etcd_health(healthy=2, errors=("NOSPACE",)), FAIL, "NOSPACE"),
            (EtcdHealth("connection refused"), FAIL, "this node's member does not answer: connection refused"),
        ):
            self.assert_is(health_checks.judge_etcd(seen), status, words)

    def test_a_learner_that_stays_one(self) -> None:
        well = etcd_health(healthy=2)
        learner = Member(9, "", ("https://10.0.0.9:2380",), (), True)
        seen = EtcdHealth("", well.own, (*well.members, learner), ())
        self.assert_is(health_checks.judge_etcd(seen), WARN, "not a voter yet: https://10.0.0.9:2380")

    def test_snapshots(self) -> None:
        kept = parse_names(["20261121T120000Z-r1.db"])  # 12 hours old
        for names, leads, hours, status in (
            (kept, True, 6, PASS),
            (kept, True, 5, WARN),
            ((), True, 6, WARN),
            ((), False, 6, PASS),
        ):
            settings = Settings(snapshot_interval=hours * 3600)
            self.assertEqual(health_checks.judge_snapshots(names, leads, NOW, settings).status, status, (names, leads, hours))

    def test_a_snapshot_of_the_future(self) -> None:
        kept = parse_names(["20261121T120000Z-r1.db", "20271121T120000Z-r2.db"])
        found = health_checks.judge_snapshots(kept, True, NOW, Settings())
        self.assert_is(found, WARN, "the newest is of the future by this machine's clock: 20271121T120000Z-r2.db")
        # One that was taken since, by a clock that is right.
        kept = parse_names(["20261121T220000Z-r3.db", "20271121T120000Z-r2.db"])
        self.assert_is(health_checks.judge_snapshots(kept, True, NOW, Settings()), PASS, "2 kept, the newest 2h00m old")

    def test_snapshots_that_are_off_are_not_missed(self) -> None:
        found = health_checks.judge_snapshots((), True, NOW, Settings(snapshots_on=False))
        self.assertEqual((found.status, found.found), (PASS, "off, as etcd.snapshots of cluster.yaml says"))

    def test_runs(self) -> None:
        failed = {"outcome": "failed", "reason": "x", "hint": ""}
        self.assertEqual(health_checks.judge_runs({}, {"outcome": "waiting"}), ())
        found = health_checks.judge_runs(failed, failed)
        self.assertEqual([one.name for one in found], ["snapshots", "renewal"])
        self.assertEqual(found[0].hint, f"`cat {SNAPSHOTS_STATE}`")

    def test_staged_secrets(self) -> None:
        system = FakeSystem()
        self.assertEqual(health_checks.check_staged_secrets(system).status, PASS)
        for path in (
            "/etc/kimg/pki/ca.key",
            "/etc/kimg/kubeadm/join.yaml",
            "/run/cloud-init/instance-data-sensitive.json",
            "/var/lib/cloud/seed/nocloud/user-data",
            "/var/lib/cloud/instances/i-1/user-data.txt",
            "/var/lib/cloud/instances/i-1/obj.pkl",
        ):
            system.files = {path: b"x", "/var/lib/cloud/instances/i-1/sem/config_runcmd": b""}
            found = health_checks.check_staged_secrets(system)
            self.assertEqual((found.status, found.found), (FAIL, f"still there: {path}"))


class Doctor(unittest.TestCase):
    def setUp(self) -> None:
        patches = (
            mock.patch("kimg_agent.etcd.health.observe", lambda _: etcd_health(healthy=2)),
            mock.patch("kimg_agent.outside.endpoint.ask_ready", lambda *_: Answer(endpoint.READY, "/readyz answers 200")),
        )
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)

    def master(self) -> FakeSystem:
        system = samples.good_system()
        for path in [*system.list_files("/etc/kimg/pki"), *system.list_files("/etc/kimg/kubeadm")]:
            del system.files[path]
        system.files.update(leaf_files(pem(300)))
        system.clock = max(system.clock, read_certificates(pem(300))[0].not_before)
        system.files["/var/lib/kimg/bootstrapped"] = b"{}"
        system.files["/var/lib/kimg/report.json"] = b'{"version": 1, "phase": "member", "outcome": "done"}'
        system.files["/etc/kubernetes/manifests/etcd.yaml"] = b"x"
        system.files["/etc/kubernetes/manifests/kube-apiserver.yaml"] = b"x"
        system.files[f"/var/lib/kimg/snapshots/{system.now():%Y%m%dT%H%M%SZ}-r1.db"] = b"x"
        system.commands[("systemctl", "is-active")] = Finished(0, "active\n", "")
        system.commands[("kubectl",)] = Finished(0, "ok", "")
        return system

    def examine(self, system: FakeSystem) -> tuple[Result, ...]:
        return doctor.examine(system, FakeDisk(system))

    def wrong(self, system: FakeSystem) -> list[str]:
        return [f"{one.name}: {one.found}" for one in self.examine(system) if one.status != PASS]

    def test_a_master_that_is_well(self) -> None:
        results = self.examine(self.master())
        self.assertEqual([one for one in results if one.status != PASS], [])
        self.assertEqual(doctor.exit_code(results), 0)
        self.assertTrue(
            {
                "kubelet",
                "kubelet-health",
                "runtime",
                "etcd",
                "kube-apiserver",
                "disk:/",
                "clock",
                "certificates",
                "endpoint",
                "secrets",
            }
            <= {one.name for one in results}
        )

    def test_each_thing_that_breaks_is_named(self) -> None:
        def break_it(change: str) -> list[str]:
            system = self.master()
            if change == "kubelet":
                system.commands[("systemctl", "is-active", "kubelet.service")] = Finished(3, "failed\n", "")
            elif change == "runtime":
                system.listening = set()
            elif change == "secret":
                system.files["/etc/kimg/pki/ca.key"] = b"x"
            elif change == "settings":
                system.files[SETTINGS] = b"{"
            elif change == "renewal":
                system.files[CERTIFICATES_STATE] = b'{"version": 1, "outcome": "failed", "reason": "no CA key", "hint": "h"}'
            elif change == "health":
                refused = Finished(1, "", "dial tcp 127.0.0.1:10248: connect: connection refused\n")
                system.commands[(*kubectl.NOBODY, "--server=http://127.0.0.1:10248")] = refused
            return self.wrong(system)

        self.assertEqual(break_it("kubelet"), ["kubelet: kubelet.service is failed"])
        self.assertEqual(
            break_it("runtime"), ["runtime: containerd does not answer: /run/containerd/containerd.sock: no such file or directory"]
        )
        self.assertEqual(break_it("secret"), ["secrets: still there: /etc/kimg/pki/ca.key"])
        self.assertEqual(break_it("settings"), ["maintenance: /etc/kimg/maintenance.json: not JSON"])
        self.assertEqual(break_it("renewal"), ["renewal: no CA key"])
        self.assertEqual(
            break_it("health"), ["kubelet-health: its /healthz: dial tcp 127.0.0.1:10248: connect: connection refused"]
        )

    def test_what_is_turned_off_is_said_and_is_no_problem(self) -> None:
        system = self.master()
        system.files[SETTINGS] = b'{"version": 1, "snapshots": false, "certificates": {"renew": false}}'
        system.files[SNAPSHOTS_STATE] = b'{"version": 1, "outcome": "failed", "reason": "of the time when they were on"}'
        found = {one.name: one.found for one in self.examine(system)}
        self.assertEqual(self.wrong(system), [])
        self.assertEqual(found["renewal"], "off, as certificates.renew of cluster.yaml says")
        self.assertEqual(found["snapshots"], "off, as etcd.snapshots of cluster.yaml says")

    def test_a_machine_that_is_no_member_yet_has_preflights_checks(self) -> None:
        names = [one.name for one in self.examine(samples.good_system())]
        self.assertIn("staged", names)
        self.assertNotIn("etcd", names)
        self.assertIn("endpoint", names)

    def test_a_load_balancer(self) -> None:
        system = samples.good_system(bootstrap="load-balancer")
        system.files["/etc/keepalived/keepalived.conf"] = b"x"
        system.commands[("systemctl", "is-active")] = Finished(3, "failed\n", "")
        self.assertEqual(
            [words for words in self.wrong(system) if "service" in words],
            ["haproxy: haproxy.service is failed", "keepalived: keepalived.service is failed"],
        )

    def test_a_machine_without_a_seed(self) -> None:
        results = self.examine(FakeSystem())
        self.assertIn("node", [one.name for one in results if one.status != PASS])
        self.assertEqual(doctor.exit_code(results), 1)

    def test_one_line_a_file_system(self) -> None:
        system = self.master()
        disk = FakeDisk(system)
        disk.absent = ("/var/lib/etcd",)
        names = [one.name for one in doctor.examine(system, disk) if one.name.startswith("disk:")]
        self.assertEqual(names, ["disk:/", "disk:/var/lib/containerd"])

    def test_no_wait_is_left_open(self) -> None:
        system = samples.good_system()
        system.listening = set()
        self.assertEqual([one.status for one in self.examine(system) if one.name == "runtime"], [FAIL])


class Words(unittest.TestCase):
    results: Sequence[Result] = (
        Result("clock", WARN, "no time synchronisation is set up", "give this machine a time server"),
        Result("swap", PASS, "off"),
        Result("kubelet", FAIL, "kubelet.service is failed", "`journalctl -u kubelet`"),
    )

    def test_problems_first(self) -> None:
        self.assertEqual(
            doctor.describe(self.results).splitlines(),
            [
                "PROBLEM  kubelet: kubelet.service is failed",
                "         `journalctl -u kubelet`",
                "warning  clock: no time synchronisation is set up",
                "         give this machine a time server",
                "problems: 1, warnings: 1; well: swap",
            ],
        )

    def test_for_machines(self) -> None:
        document = json.loads(doctor.to_json(self.results))
        self.assertEqual((document["version"], document["ok"]), (1, False))
        self.assertEqual(document["checks"][1], {"name": "swap", "status": "pass", "found": "off", "hint": ""})
        self.assertTrue(json.loads(doctor.to_json(self.results[:2]))["ok"])


if __name__ == "__main__":
    unittest.main()
