import json
import os
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterator, Sequence
from unittest import mock

from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import UNREACHABLE, EtcdError
from kimg_agent.etcd.members import Status
from kimg_agent.maintenance import etcdutl
from kimg_agent.maintenance.snapshots import FOLDER, Snapshot, is_due, missing_space, parse_names, run_snapshots, surplus
from kimg_agent.maintenance.timers import DONE, FAILED, SNAPSHOTS_STATE, WAITING, MaintenanceFailed, Settings
from kimg_agent.outside.disk import Disk, Space
from kimg_agent.outside.system import Finished, System
from tests.etcd_server import ETCD, WITHOUT_ETCD, running_etcd
from tests.fake_system import START
from tests.master import FakeDisk, FakeMaster

ETCDUTL = os.environ.get("KIMG_TEST_ETCDUTL", "")
DEFAULTS = Settings()
DATA = b"database and digest"
LEADER = Status(1, 1, 20 << 20, "3.7.0", 100, ())
FOLLOWER = Status(2, 1, 20 << 20, "3.7.0", 100, ())

MOUNT = ("ctr", "--namespace", "k8s.io", "images", "mount", "registry.k8s.io/etcd:3.7.0-0")
UNMOUNT = ("ctr", "--namespace", "k8s.io", "images", "unmount", "--rm")


def at(*hours: float) -> tuple[Snapshot, ...]:
    """Snapshots of so many hours before the start."""
    moments = [START - timedelta(hours=hour) for hour in hours]
    return tuple(Snapshot(moment.strftime("%Y%m%dT%H%M%SZ-r1.db"), moment, 1) for moment in moments)


class Names(unittest.TestCase):
    def test_what_is_a_snapshot(self) -> None:
        names = [
            "20261122T100000Z-r12.db",
            "20261121T100000Z-r9.db",
            "snapshot.part",
            "restored",
            "x20261121T100000Z-r9.db",
            "notes.db",
        ]
        found = parse_names(names)
        self.assertEqual([snapshot.name for snapshot in found], ["20261121T100000Z-r9.db", "20261122T100000Z-r12.db"])
        self.assertEqual(found[1].taken, datetime(2026, 11, 22, 10, tzinfo=timezone.utc))
        self.assertEqual(found[1].path, "/var/lib/kimg/snapshots/20261122T100000Z-r12.db")

    def test_the_oldest_first_whatever_the_clock_said(self) -> None:
        of_the_future, after_it, later = "20271122T100000Z-r9.db", "20261122T100000Z-r10.db", "20261122T160000Z-r10.db"
        found = parse_names([later, after_it, of_the_future])
        self.assertEqual([snapshot.name for snapshot in found], [of_the_future, after_it, later])

    def test_due(self) -> None:
        for hours, due in (((), True), ((7,), True), ((6,), True), ((5.9,), False), ((20, 1), False), ((-1,), True), ((1, -1), False), ((7, -1), True)):
            self.assertEqual(is_due(at(*hours), START, 21600), due, hours)

    def test_surplus_is_the_oldest(self) -> None:
        four = at(4, 3, 2, 1)
        self.assertEqual(surplus(four, 3), four[:1])
        self.assertEqual(surplus(four, 4), ())

    def test_space_for_the_snapshot_what_is_restored_and_more(self) -> None:
        gibibyte = 1 << 30
        self.assertEqual(missing_space(gibibyte, 3 * gibibyte), 0)
        self.assertEqual(missing_space(gibibyte, gibibyte), gibibyte + (512 << 20))


class SnapshotCase(unittest.TestCase):
    def setUp(self) -> None:
        self.master = FakeMaster()
        self.disk = FakeDisk(self.master)
        self.status: Any = LEADER
        self.stream: Any = lambda *_: iter([DATA])
        for name, function in (("read_status", self.read_status), ("stream_snapshot", lambda *_: self.stream())):
            patch = mock.patch(f"kimg_agent.etcd.members.{name}", function)
            patch.start()
            self.addCleanup(patch.stop)
        self.revision = 42
        program = "/run/kimg-etcdutl/0123456789abcdef/usr/local/bin/etcdutl"
        self.master.commands = {
            MOUNT: Finished(0, "", ""),
            UNMOUNT: Finished(0, "", ""),
            (program, "snapshot", "status"): self.facts,
            (program, "snapshot", "restore"): self.restore,
        }

    def read_status(self, *_: object) -> Status:
        if isinstance(self.status, Exception):
            raise self.status
        found: Status = self.status
        return found

    def facts(self, _: Sequence[str]) -> Finished:
        return Finished(0, json.dumps({"hash": 1, "revision": self.revision, "totalKey": 7, "totalSize": 20480}) + "\n", "")

    def restore(self, words: Sequence[str]) -> Finished:
        self.assertEqual(words[3:], (f"{FOLDER}/snapshot.part", "--data-dir", f"{FOLDER}/restored"))
        self.master.files[f"{FOLDER}/restored/member/snap/db"] = DATA
        return Finished(0, "", "")

    def run_once(self, settings: Settings = DEFAULTS, at_once: bool = False) -> int:
        return run_snapshots(self.master, self.disk, settings, at_once)

    def names(self) -> list[str]:
        return self.master.list_folder(FOLDER)

    def state(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.master.files[SNAPSHOTS_STATE])
        return document


class Snapshots(SnapshotCase):
    def test_none_when_they_are_off_but_for_a_persons(self) -> None:
        off = Settings(snapshots_on=False)
        self.assertEqual((self.run_once(off), self.names()), (0, []))
        self.assertIn("off, as etcd.snapshots of cluster.yaml says", self.master.output[0])
        self.assertEqual((self.run_once(off, at_once=True), len(self.names())), (0, 1))

    def test_taken_restored_and_nothing_left_over(self) -> None:
        self.assertEqual(self.run_once(), 0)
        name = f"{self.master.clock:%Y%m%dT%H%M%SZ}-r42.db"
        self.assertEqual(self.names(), [name])
        self.assertEqual(self.master.files[f"{FOLDER}/{name}"], DATA)
        last = {"file": f"{FOLDER}/{name}", "bytes": len(DATA), "revision": 42, "keys": 7, "uploaded": False}
        self.assertEqual((self.state()["outcome"], self.state()["last"]), (DONE, last))
        self.assertEqual(self.master.ran[-1][:6], UNMOUNT)

    def test_not_due(self) -> None:
        self.run_once()
        self.master.sleep(3600)
        self.master.ran.clear()
        self.assertEqual(self.run_once(), 0)
        self.assertEqual((len(self.names()), self.master.ran), (1, []))
        self.assertEqual(self.run_once(at_once=True), 0)
        self.assertEqual(len(self.names()), 2)

    def test_not_the_leader(self) -> None:
        self.status = FOLLOWER
        self.assertEqual(self.run_once(), 0)
        self.assertEqual((self.names(), self.state()["outcome"]), ([], WAITING))
        self.master.writes.clear()
        self.master.sleep(600)
        self.run_once()
        self.assertEqual(self.master.writes, [])  # the same words are not written every few minutes

    def test_kept(self) -> None:
        for _ in range(5):
            self.assertEqual(self.run_once(Settings(snapshots_kept=3)), 0)
            self.master.sleep(21600)
        self.assertEqual(len(self.names()), 3)
        self.assertEqual(self.state()["last"]["file"], f"{FOLDER}/{self.names()[-1]}")

    def test_one_that_cannot_be_restored_does_not_count(self) -> None:
        program = next(words for words in self.master.commands if "restore" in words)
        self.master.commands[program] = Finished(1, "", '{"level":"info"}\nError: expected sha256 [1], got [2]\n')
        self.assertEqual(self.run_once(), 1)
        self.assertEqual(self.names(), [])
        self.assertEqual(self.state()["reason"], "the snapshot cannot be restored: Error: expected sha256 [1], got [2]")
        self.assertEqual(self.master.ran[-1][:6], UNMOUNT)

    def test_etcd_breaks_off(self) -> None:
        def breaking() -> Iterator[bytes]:
            yield b"first"
            raise EtcdError(UNREACHABLE, "https://127.0.0.1:2379: no answer within 60 s")

        self.stream = breaking
        self.assertEqual(self.run_once(), 1)
        self.assertEqual((self.names(), self.state()["outcome"]), ([], FAILED))

    def test_etcd_does_not_answer(self) -> None:
        self.status = EtcdError(UNREACHABLE, "https://127.0.0.1:2379: connection refused")
        self.assertEqual(self.run_once(), 1)
        self.assertIn("kimg: no snapshot of etcd: https://127.0.0.1:2379: connection refused", self.master.output)

    def test_disk_full(self) -> None:
        self.disk.found = Space(1, 100 << 20, 1 << 30, 1, 1)
        self.assertEqual(self.run_once(), 1)
        self.assertEqual(self.state()["reason"], "452 MiB more of free disk space are needed")
        self.assertEqual(self.master.ran, [])

    def test_the_image_is_not_there(self) -> None:
        self.master.commands[MOUNT] = Finished(1, "", 'ctr: image "registry.k8s.io/etcd:3.7.0-0": not found\n')
        self.assertEqual(self.run_once(), 1)
        self.assertIn("cannot be mounted", self.state()["reason"])

    def test_remains_of_a_power_cut(self) -> None:
        self.master.files.update({f"{FOLDER}/snapshot.part": b"half", f"{FOLDER}/restored/member/wal/0.wal": b"x"})
        self.status = FOLLOWER
        self.run_once()
        self.assertEqual(self.names(), [])


class ClockAhead(SnapshotCase):
    """A machine's clock was a year ahead until a time server answered."""

    upload = ("/usr/local/bin/upload",)

    def setUp(self) -> None:
        super().setUp()
        self.master.commands[self.upload] = Finished(0, "", "")

    def take(self, kept: int, count: int, revisions: int = 10) -> None:
        for _ in range(count):
            self.revision += revisions
            self.assertEqual(self.run_once(Settings(snapshots_kept=kept, upload=self.upload)), 0)
            self.assertIn(self.state()["last"]["file"], [f"{FOLDER}/{name}" for name in self.names()])
            self.assertTrue(self.state()["last"]["uploaded"])
            self.master.sleep(21600)

    def turn_clock(self, days: int) -> None:
        self.master.clock += timedelta(days=days)

    def of_the_future(self) -> list[str]:
        return [name for name in self.names() if name > f"{self.master.now():%Y%m%dT%H%M%SZ}"]

    def test_the_new_ones_take_the_places_of_those_from_then(self) -> None:
        for kept, left in ((1, 0), (4, 1), (12, 3)):
            with self.subTest(kept=kept):
                self.setUp()
                self.turn_clock(365)
                self.take(kept, 3)
                self.turn_clock(-365)
                self.take(kept, 3)
                self.assertEqual((len(self.names()), len(self.of_the_future())), (min(kept, 6), left))

    def test_the_one_just_taken_stays_whatever_its_revision(self) -> None:
        self.turn_clock(365)
        self.take(1, 1)
        self.turn_clock(-365)
        for revisions in (0, 0, -5):
            self.take(1, 1, revisions)
            self.assertEqual((len(self.names()), self.of_the_future()), (1, []))

    def test_taken_once_and_not_at_every_look(self) -> None:
        self.turn_clock(365)
        self.take(1, 1)
        self.turn_clock(-365)
        for _ in range(6):
            self.run_once(Settings(snapshots_kept=1))
            self.master.sleep(600)
        self.assertEqual(len([line for line in self.master.output if "taken and restored" in line]), 2)


class Upload(SnapshotCase):
    settings = Settings(upload=("/usr/local/bin/upload", "--quiet"))

    def test_with_the_path_and_without_its_words(self) -> None:
        self.master.commands[self.settings.upload] = Finished(0, "token=hunter2", "hunter2")
        self.assertEqual(self.run_once(self.settings), 0)
        uploads = [words for words in self.master.ran if words[:2] == self.settings.upload]
        self.assertEqual(uploads, [(*self.settings.upload, f"{FOLDER}/{self.names()[0]}")])
        self.assertTrue(self.state()["last"]["uploaded"])
        self.assertNotIn("hunter2", "".join(self.master.output) + json.dumps(self.state()))

    def test_tried_again_until_it_works(self) -> None:
        self.master.commands[self.settings.upload] = Finished(22, "", "hunter2")
        self.assertEqual(self.run_once(self.settings), 1)
        self.assertEqual(self.state()["reason"], "the upload command ended with 22; the snapshot itself is good")
        self.assertEqual(len(self.names()), 1)
        self.master.sleep(600)
        self.master.commands[self.settings.upload] = Finished(0, "", "")
        self.assertEqual(self.run_once(self.settings), 0)
        self.assertEqual((len(self.names()), self.state()["outcome"]), (1, DONE))
        self.assertTrue(self.state()["last"]["uploaded"])
        count = len(self.master.ran)
        self.run_once(self.settings)
        self.assertEqual(len(self.master.ran), count)

    def test_tried_again_when_another_member_leads_by_then(self) -> None:
        self.master.commands[self.settings.upload] = Finished(22, "", "")
        self.assertEqual(self.run_once(self.settings), 1)
        self.status = FOLLOWER
        self.master.sleep(21600)
        self.master.commands[self.settings.upload] = Finished(0, "", "")
        self.assertEqual(self.run_once(self.settings), 0)
        self.assertTrue(self.state()["last"]["uploaded"])


class Mounted(unittest.TestCase):
    def test_each_has_a_folder_of_its_own(self) -> None:
        master = FakeMaster()
        master.commands = {MOUNT: Finished(0, "", ""), UNMOUNT: Finished(0, "", "")}
        with etcdutl.mounted(master) as program:
            self.assertEqual(program, "/run/kimg-etcdutl/0123456789abcdef/usr/local/bin/etcdutl")
        self.assertEqual([words[-1] for words in master.ran], ["/run/kimg-etcdutl/0123456789abcdef"] * 2)

    def test_no_manifest_and_no_image_in_it(self) -> None:
        master = FakeMaster()
        for data, words in ((None, "no such file"), (b"kind: Pod\n", "no image in it")):
            master.files.pop("/etc/kubernetes/manifests/etcd.yaml", None)
            if data:
                master.files["/etc/kubernetes/manifests/etcd.yaml"] = data
            with self.assertRaisesRegex(MaintenanceFailed, words), etcdutl.mounted(master):
                self.fail("there is no program")


class LocalSystem(System):
    """This machine, but for containerd: the program that the test was given stands in the place of the mounted image."""

    def run(self, command: Sequence[str], timeout: float = 30.0, given: str = "") -> Finished:
        words = list(command)
        if words[:1] == ["ctr"] and "mount" in words:
            folder = Path(words[-1], "usr/local/bin")
            folder.mkdir(parents=True)
            (folder / "etcdutl").symlink_to(ETCDUTL)
        return Finished(0, "", "") if words[:1] == ["ctr"] else super().run(command, timeout, given)

    def write_output(self, line: str, priority: int) -> None:
        """Not among the tests' own output."""


@unittest.skipUnless(ETCD and ETCDUTL, f"{WITHOUT_ETCD}, and KIMG_TEST_ETCDUTL to that of etcdutl")
class AgainstEtcd(unittest.TestCase):
    def test_taken_restored_and_damaged(self) -> None:
        with tempfile.TemporaryDirectory() as name, running_etcd(Path(name)) as server:
            folder = f"{name}/snapshots"
            manifest = Path(name, "manifests/etcd.yaml")
            manifest.parent.mkdir()
            manifest.write_text("    image: registry.k8s.io/etcd:3.7.0-0\n")
            places = {
                "kimg_agent.maintenance.snapshots.FOLDER": folder,
                "kimg_agent.maintenance.snapshots._PART": f"{folder}/snapshot.part",
                "kimg_agent.maintenance.snapshots._SCRATCH": f"{folder}/restored",
                "kimg_agent.maintenance.snapshots.SNAPSHOTS_STATE": f"{name}/snapshots.json",
                "kimg_agent.maintenance.etcdutl._MOUNTS": f"{name}/mounts",
                "kimg_agent.outside.paths.STATIC_PODS": str(manifest.parent),
                "kimg_agent.etcd.members.KUBEADM_ACCESS": server.access,
                "kimg_agent.etcd.members.LOCAL": server.endpoint,
            }
            for place, value in places.items():
                patch = mock.patch(place, value)
                patch.start()
                self.addCleanup(patch.stop)
            self._take(folder, name)
            self._refuse_a_damaged_one(folder)

    def _take(self, folder: str, name: str) -> None:
        self.assertEqual(run_snapshots(LocalSystem(), Disk(), Settings()), 0)
        found = os.listdir(folder)
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0], r"^\d{8}T\d{6}Z-r\d+\.db$")
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(f"{folder}/{found[0]}").st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(f"{name}/mounts"), [])

    def _refuse_a_damaged_one(self, folder: str) -> None:
        stream = etcd.stream_snapshot

        def damaged(*arguments: Any) -> Iterator[bytes]:
            for piece in stream(*arguments):
                yield piece if len(piece) == 32 else piece[:-1] + bytes([piece[-1] ^ 1])

        with mock.patch("kimg_agent.etcd.members.stream_snapshot", damaged):
            self.assertEqual(run_snapshots(LocalSystem(), Disk(), Settings(), at_once=True), 1)
        self.assertEqual(len(os.listdir(folder)), 1)


if __name__ == "__main__":
    unittest.main()
