import io
import json
import unittest
from contextlib import redirect_stderr, redirect_stdout

from kimg_agent.cli import main
from tests import samples
from tests.fake_system import FakeSystem


def call(system: FakeSystem, *arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with redirect_stdout(out):
        return main(arguments, system), out.getvalue()


class Status(unittest.TestCase):
    def test_no_report(self) -> None:
        self.assertEqual(call(FakeSystem(), "status")[0], 4)
        self.assertEqual(call(FakeSystem(), "status", "--json"), (4, "{}\n"))

    def test_in_words(self) -> None:
        system = samples.good_system()
        system.files["/proc/swaps"] += b"/swap file 1 0 -2\n"
        self.assertEqual(call(system, "run")[0], 1)
        code, text = call(system, "status")
        self.assertEqual(code, 1)
        lines = text.splitlines()
        self.assertEqual(lines[0], "node      cp2, master-join of cluster prod")
        self.assertIn("outcome   failed", lines)
        self.assertIn("reason    swap: on: /swap", lines)
        self.assertIn("  fail      swap        on: /swap", lines)
        self.assertIn("  pass      machine-id  present", lines)

    def test_for_machines(self) -> None:
        system = samples.good_system()
        system.files["/var/lib/kimg/state.json"] = b'{"version": 1, "step": "member"}'
        self.assertEqual(call(system, "run")[0], 0)
        code, text = call(system, "status", "--json")
        self.assertEqual((code, json.loads(text)), (0, system.report()))

    def test_a_report_of_another_version(self) -> None:
        system = FakeSystem()
        system.files["/var/lib/kimg/report.json"] = b'{"version": 2, "outcome": "failed"}'
        code, text = call(system, "status")
        self.assertEqual(code, 1)
        self.assertIn("--json", text)


class Run(unittest.TestCase):
    def test_only_one_at_a_time(self) -> None:
        system = samples.good_system()
        system.locked = True
        code, text = call(system, "run")
        self.assertEqual(code, 1)
        self.assertIn("it runs already", text)
        self.assertEqual(system.writes, [])

    def test_usage(self) -> None:
        for arguments in ([], ["no-such-command"]):
            with self.assertRaises(SystemExit) as caught, redirect_stderr(io.StringIO()):
                main(arguments, FakeSystem())
            self.assertEqual(caught.exception.code, 2)
