"""The real effects, on this machine, in a folder of the test."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from kimg_agent.outside.system import NOT_FOUND, TIMED_OUT, System
from kimg_agent.reporting.report import Report, write_report


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.path = self.folder + "/lib/kimg/report.json"


class WriteAtomic(InAFolder):
    def test_whole_file_with_its_mode_and_nothing_beside_it(self) -> None:
        for data in (b"first, longer", b"second"):
            System().write_atomic(self.path, data, 0o644)
            self.assertEqual(Path(self.path).read_bytes(), data)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o644)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["report.json"])

    def test_synced_before_it_is_renamed_and_the_folder_after(self) -> None:
        done: list[str] = []

        def fsync(descriptor: int) -> None:
            done.append("fsync " + os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))

        def rename(source: str, target: str) -> None:
            done.append("rename " + os.path.basename(target))

        with mock.patch("os.fsync", fsync), mock.patch("os.rename", rename):
            System().write_atomic(self.path, b"x", 0o600)
        self.assertEqual(done, ["fsync report.json.new", "rename report.json", "fsync kimg"])

    def test_the_old_report_stays_when_the_new_one_cannot_be_written(self) -> None:
        report = Report(phase="preflight", outcome="running", since="", updated="")
        with mock.patch("kimg_agent.outside.paths.REPORT", self.path):
            write_report(System(), report)
            before = Path(self.path).read_bytes()
            with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")), self.assertRaises(OSError):
                write_report(System(), Report(phase="later", outcome="running", since="", updated=""))
        self.assertEqual(Path(self.path).read_bytes(), before)


class Files(InAFolder):
    def test_list_files_goes_down_and_is_sorted(self) -> None:
        for name in ("b", "a/x", "a/b/y"):
            path = Path(self.folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        self.assertEqual(System().list_files(self.folder), [f"{self.folder}/{name}" for name in ("a/b/y", "a/x", "b")])
        self.assertEqual(System().list_files(self.folder + "/none"), [])

    def test_read_at_most(self) -> None:
        Path(self.folder, "file").write_bytes(b"0123456789")
        self.assertEqual(System().read(self.folder + "/file", limit=4), b"0123")

    def test_read_in_pieces_and_from_the_kernel(self) -> None:
        data = os.urandom(200_000)
        Path(self.folder, "file").write_bytes(data)
        self.assertEqual(System().read(self.folder + "/file"), data)
        self.assertEqual(System().read("/proc/sys/kernel/ostype"), b"Linux\n")

    def test_lock_is_for_one_process(self) -> None:
        path = self.folder + "/lock"
        self.assertTrue(System().lock(path))
        self.assertFalse(System().lock(path))


class Run(unittest.TestCase):
    def test_output_and_status(self) -> None:
        done = System().run([sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"])
        self.assertEqual((done.status, done.out, done.err), (3, "out\n", "err\n"))

    def test_no_such_program(self) -> None:
        self.assertEqual(System().run(["kimg-no-such-program"]).status, NOT_FOUND)

    def test_too_slow(self) -> None:
        self.assertEqual(System().run(["sleep", "10"], timeout=0.1).status, TIMED_OUT)


class Talk(InAFolder):
    def test_notify_and_unix_socket(self) -> None:
        path = self.folder + "/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(path)
            with mock.patch.dict(os.environ, {"NOTIFY_SOCKET": path}):
                System().notify("waiting")
            self.assertEqual(server.recv(100), b"STATUS=waiting")
        with mock.patch.dict(os.environ, {}, clear=True):
            System().notify("nobody listens")
        with self.assertRaises(OSError):
            System().connect_unix(self.folder + "/none", 1)

    def test_journal_priority_only_for_the_journal(self) -> None:
        for environment, line in (({}, "kimg: x\n"), ({"JOURNAL_STREAM": "8:1"}, "<3>kimg: x\n")):
            with mock.patch.dict(os.environ, environment, clear=True), mock.patch("sys.stdout") as out:
                System().write_output("kimg: x", 3)
            self.assertEqual("".join(call.args[0] for call in out.write.call_args_list), line)


class Launcher(unittest.TestCase):
    def test_modules_are_the_package_and_the_standard_library_only(self) -> None:
        agent = Path(__file__).resolve().parent.parent
        code = f"import sys; sys.path.insert(0, {str(agent)!r}); import kimg_agent.cli; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-ISB", "-c", code], capture_output=True, text=True, check=True)
        roots = {name.partition(".")[0] for name in done.stdout.split()} - {"kimg_agent", "__main__"}
        standard = getattr(sys, "stdlib_module_names", roots)
        self.assertEqual({root for root in roots if not root.startswith("_")} - set(standard), set())
        self.assertIn("/usr/lib/kimg", (agent / "kimg-agent").read_text())
