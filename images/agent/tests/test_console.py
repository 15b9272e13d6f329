import unittest

from kimg_agent.reporting.console import Announcer, duration, printable, say
from tests.fake_system import FakeSystem


class Words(unittest.TestCase):
    def test_duration(self) -> None:
        for seconds, text in ((0, "0s"), (59.9, "59s"), (130, "2m10s"), (3900, "1h05m"), (273600, "3d04h")):
            self.assertEqual(duration(seconds), text)

    def test_say_goes_to_console_and_journal_without_control_characters(self) -> None:
        system = FakeSystem()
        say(system, "a\x1b[2Jb\nc")
        self.assertEqual(system.console, ["kimg: a [2Jb c"])
        self.assertEqual(system.output, system.console)
        self.assertEqual(printable("päron"), "päron")


class AnnouncerTest(unittest.TestCase):
    def times_said(self, reasons: list[str]) -> list[int]:
        """Seconds at which a reason is said, when reasons[i % n] is seen at each second i of an hour."""
        announcer = Announcer()
        return [second for second in range(3600) if announcer.is_due(reasons[second % len(reasons)], float(second))]

    def test_the_same_reason_at_growing_intervals(self) -> None:
        self.assertEqual(self.times_said(["refused"]), [0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030])

    def test_a_new_reason_at_once(self) -> None:
        announcer = Announcer()
        self.assertTrue(announcer.is_due("refused", 0))
        self.assertFalse(announcer.is_due("refused", 1))
        self.assertTrue(announcer.is_due("closed", 2))
        self.assertFalse(announcer.is_due("closed", 11))
        self.assertTrue(announcer.is_due("closed", 12))

    def test_reasons_that_take_turns_do_not_flood(self) -> None:
        said = self.times_said(["refused", "closed"])
        self.assertEqual(said[:2], [0, 1])
        self.assertLess(len(said), 70)

    def test_a_reason_that_comes_back_is_said_within_a_minute(self) -> None:
        announcer = Announcer()
        for second in range(3000):
            announcer.is_due("refused", second)
        self.assertTrue(announcer.is_due("closed", 3000))
        self.assertEqual(next(s for s in range(3001, 3100) if announcer.is_due("refused", s)), 3010)
