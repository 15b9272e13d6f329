import json
import unittest
from unittest import mock

from tests import samples
from tests.fake_system import FakeSystem
from tests.master import FakeMaster, etcd_health
from tests.test_cli import call


class StatusOfAMember(unittest.TestCase):
    def member(self) -> FakeMaster:
        master = FakeMaster()
        master.files["/var/lib/kimg/bootstrapped"] = b"{}"
        report = {"version": 1, "phase": "member", "outcome": "done", "since": "x"}
        master.files["/var/lib/kimg/report.json"] = json.dumps(report).encode()
        return master

    def call(self, *arguments: str) -> tuple[int, str]:
        with mock.patch("kimg_agent.etcd.health.observe", return_value=etcd_health(healthy=2)):
            return call(self.member(), *arguments)

    def test_in_words(self) -> None:
        code, text = self.call("status")
        self.assertEqual(code, 0)
        self.assertEqual(
            [line.split()[0] for line in text.splitlines()], ["node", "phase", "outcome", "certs", "etcd", "snapshots"]
        )

    def test_for_machines(self) -> None:
        document = json.loads(self.call("status", "--json")[1])
        self.assertEqual((document["outcome"], document["member"]["etcd"]["voters"]), ("done", 3))


class Doctor(unittest.TestCase):
    def test_exit_code_and_json(self) -> None:
        code, text = call(samples.good_system(), "doctor")
        self.assertEqual(code, 1)  # nothing answers at the endpoint
        self.assertIn("PROBLEM  endpoint: https://10.0.0.10:6443: connection refused", text)
        code, text = call(samples.good_system(), "doctor", "--json")
        self.assertEqual((code, json.loads(text)["ok"]), (1, False))


class Timers(unittest.TestCase):
    def test_both_commands(self) -> None:
        for command, function in (("snapshot", "take_snapshot"), ("renew-certificates", "renew_certificates")):
            for arguments, at_once in (((), False), (("--now",), True)):
                system = FakeSystem()
                with mock.patch(f"kimg_agent.cli.{function}", return_value=3) as called:
                    self.assertEqual(call(system, command, *arguments)[0], 3)
                called.assert_called_once_with(system, at_once=at_once)


if __name__ == "__main__":
    unittest.main()
