import unittest

from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.report import WAITING
from kimg_agent.reporting.wait import Look, wait_until
from tests.fake_system import FakeSystem

SUBJECT = "https://10.0.0.10:6443"


class WaitUntil(unittest.TestCase):
    def setUp(self) -> None:
        self.system = FakeSystem()
        self.progress = Progress(self.system)
        self.progress.enter("wait for the cluster")
        self.system.writes.clear()

    def reason_until(self, good_at: float) -> list[Look]:
        seen: list[Look] = []

        def look(waited: float) -> Look:
            seen.append(Look(waited >= good_at, "connection refused", "is it on?"))
            return seen[-1]

        self.result = wait_until(self.system, self.progress, SUBJECT, look)
        return seen

    def test_good_at_once_says_nothing(self) -> None:
        self.reason_until(0)
        self.assertTrue(self.result.good)
        self.assertEqual((self.system.console, self.system.slept), ([], []))

    def test_lines_on_the_console(self) -> None:
        self.reason_until(131)
        self.assertEqual(
            self.system.console,
            [
                "kimg: waiting for https://10.0.0.10:6443: connection refused",
                "kimg: waiting for https://10.0.0.10:6443: connection refused (10s so far)",
                "kimg:   hint: is it on?",
                "kimg: waiting for https://10.0.0.10:6443: connection refused (30s so far)",
                "kimg: waiting for https://10.0.0.10:6443: connection refused (1m10s so far)",
            ],
        )
        self.assertEqual(self.system.statuses[0], "waiting for https://10.0.0.10:6443: connection refused")

    def test_looks_often_at_first(self) -> None:
        self.reason_until(100)
        self.assertEqual(self.system.slept, [2.0] * 30 + [5.0] * 8)

    def test_report(self) -> None:
        self.reason_until(20)
        report = self.system.report()
        self.assertEqual((report["phase"], report["outcome"]), ("wait for the cluster", WAITING))
        self.assertEqual((report["reason"], report["hint"]), ("connection refused", "is it on?"))
        self.assertEqual((report["since"], report["updated"]), ("2026-11-22T10:00:00Z", "2026-11-22T10:00:10Z"))

    def test_the_report_is_fresh_in_a_long_wait_and_seldom_written(self) -> None:
        stale: list[float] = []
        self.system.on_sleep = lambda elapsed: stale.append(elapsed - self.written_at())
        self.reason_until(7200)
        self.assertLessEqual(max(stale), 70)
        self.assertLess(len(self.system.writes), 7200 / 60 + 20)

    def written_at(self) -> float:
        hours, minutes, seconds = self.system.report()["updated"][11:19].split(":")
        return (int(hours) - 10) * 3600 + int(minutes) * 60 + int(seconds)

    def test_limit(self) -> None:
        result = wait_until(self.system, self.progress, SUBJECT, lambda waited: Look(False, "silent"), limit=600)
        self.assertFalse(result.good)
        self.assertTrue(600 <= self.system.elapsed < 605)
