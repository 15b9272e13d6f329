import unittest
from unittest import mock

from kimg_agent.etcd.gateway import UNREACHABLE, EtcdError
from kimg_agent.etcd.members import Status
from kimg_agent.maintenance import static_pods
from kimg_agent.maintenance.static_pods import Surroundings, parse_running
from kimg_agent.maintenance.timers import MaintenanceFailed
from kimg_agent.outside.system import Finished
from tests.fake_system import FakeSystem
from tests.master import FakeMaster

# Of containerd 2.4.2.
TABLE = "TASK    PID      STATUS    \nc1      16837    STOPPED\nc2      17000    RUNNING\n"


class Running(unittest.TestCase):
    def test_of_the_table(self) -> None:
        self.assertEqual(parse_running(TABLE), frozenset(["c2"]))
        self.assertEqual(parse_running("TASK    PID    STATUS    \n"), frozenset())
        self.assertEqual(parse_running(""), frozenset())

    def test_named_and_running(self) -> None:
        system = FakeSystem()
        filters = 'labels."io.kubernetes.container.name"==etcd,labels."io.kubernetes.pod.namespace"==kube-system'
        system.commands[("ctr", "--namespace", "k8s.io", "containers", "list", "--quiet", filters)] = Finished(0, "c1\nc2\n", "")
        system.commands[("ctr", "--namespace", "k8s.io", "tasks", "list")] = Finished(0, TABLE, "")
        self.assertEqual(static_pods.running(system, "etcd"), frozenset(["c2"]))

    def test_containerd_is_away(self) -> None:
        system = FakeSystem()
        system.commands[("ctr",)] = Finished(1, "", "ctr: failed to dial\n")
        with self.assertRaisesRegex(MaintenanceFailed, "containerd: ctr: failed to dial"):
            static_pods.running(system, "etcd")


class Restart(unittest.TestCase):
    def setUp(self) -> None:
        self.master = FakeMaster()
        self.waits = 0
        patch = mock.patch("kimg_agent.etcd.members.read_status", lambda *_: self.master.etcd_status())
        patch.start()
        self.addCleanup(patch.stop)
        self.around = Surroundings(6443, self.between)

    def between(self) -> None:
        self.waits += 1

    def test_a_new_container_and_healthy(self) -> None:
        static_pods.restart(self.master, static_pods.SCHEDULER, self.around)
        self.assertEqual(self.master.events, ["stop kube-scheduler"])
        self.assertEqual(self.master.elapsed, 8)
        self.assertGreater(self.waits, 0)
        self.assertIn("kimg: kube-scheduler restarted, and healthy", self.master.output)

    def test_the_api_server_is_gone_before_its_etcd(self) -> None:
        static_pods.restart_api_server_and_etcd(self.master, self.around)
        self.assertEqual(self.master.events, ["stop kube-apiserver", "stop etcd"])
        for name in ("kube-apiserver", "etcd"):
            self.assertTrue(self.master.component_is_healthy(name))

    def test_one_that_does_not_end(self) -> None:
        self.master.stubborn = True
        with self.assertRaisesRegex(MaintenanceFailed, "kube-apiserver does not end within 180 s"):
            static_pods.restart_api_server_and_etcd(self.master, self.around)
        self.assertEqual(self.master.events, ["stop kube-apiserver"])

    def test_one_that_stays_ill(self) -> None:
        self.master.healthy_seconds = 1e9
        with self.assertRaisesRegex(MaintenanceFailed, "etcd does not become healthy within 1200 s"):
            static_pods.restart_api_server_and_etcd(self.master, self.around)

    def test_one_that_does_not_run_is_waited_for(self) -> None:
        self.master.containers["etcd"] = ("etcd-4", 30.0)
        static_pods.restart(self.master, static_pods.ETCD, self.around)
        self.assertEqual(self.master.events, [])


class Health(unittest.TestCase):
    def test_etcd(self) -> None:
        well = Status(1, 1, 1, "3.7.0", 1, ())
        answers = (
            (well, True),
            (Status(0, 1, 1, "3.7.0", 1, ()), False),
            (Status(1, 1, 1, "3.7.0", 1, ("NOSPACE",)), False),
            (EtcdError(UNREACHABLE, "gone"), False),
        )
        for answer, healthy in answers:
            with mock.patch("kimg_agent.etcd.members.read_status", side_effect=[answer]):
                self.assertEqual(static_pods.is_healthy(FakeSystem(), "etcd", 6443), healthy, answer)

    def test_the_others_are_asked_on_loopback(self) -> None:
        system = FakeSystem()
        system.commands[("kubectl",)] = Finished(0, "ok", "")
        for component in (static_pods.API_SERVER, static_pods.CONTROLLER_MANAGER, static_pods.SCHEDULER):
            self.assertTrue(static_pods.is_healthy(system, component, 7443))
        servers = [word for command in system.ran for word in command if word.startswith("--server=")]
        self.assertEqual(
            servers, ["--server=https://127.0.0.1:7443", "--server=https://127.0.0.1:10257", "--server=https://127.0.0.1:10259"]
        )
        # Only the API server's certificate can be verified, and only to it a credential is shown.
        self.assertEqual(["--insecure-skip-tls-verify" in command for command in system.ran], [False, True, True])
        self.assertEqual(["--kubeconfig=/dev/null" in command for command in system.ran], [False, True, True])


if __name__ == "__main__":
    unittest.main()
