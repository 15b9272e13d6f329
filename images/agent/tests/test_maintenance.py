import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from kimg_agent.maintenance import timers
from kimg_agent.maintenance.commands import renew_certificates, take_snapshot
from kimg_agent.maintenance.timers import Settings, parse_settings, read_settings, read_state, write_state
from kimg_agent.outside.disk import Disk
from kimg_agent.seed.node import InvalidInput
from tests import samples
from tests.fake_system import FakeSystem
from tests.master import FakeMaster


def settings(**document: object) -> Settings:
    return parse_settings(json.dumps({"version": 1, **document}).encode())


class ParseSettings(unittest.TestCase):
    def test_all_of_it(self) -> None:
        found = settings(
            snapshots={"every_seconds": 3600, "keep": 3, "upload": ["/usr/local/bin/upload", "--bucket", "x"]},
            certificates={"renew_before_seconds": 86400},
        )
        self.assertEqual(found, Settings(3600, 3, ("/usr/local/bin/upload", "--bucket", "x"), 86400))

    def test_defaults(self) -> None:
        expected = Settings(21600, 12, (), 2592000)
        self.assertEqual(read_settings(FakeSystem()), expected)
        self.assertEqual(settings(), expected)
        self.assertEqual(settings(snapshots={}, certificates={}), expected)

    def test_turned_off(self) -> None:
        found = settings(snapshots=False, certificates={"renew": False, "renew_before_seconds": 3600})
        self.assertEqual(found, Settings(renew_before=3600, snapshots_on=False, renewal_on=False))
        self.assertEqual(settings(certificates={"renew": True}), Settings())

    def test_a_misspelt_key_is_named(self) -> None:
        for document, words in (
            ({"snapshot": {}}, "^snapshot: no such key; there are version, snapshots, certificates$"),
            ({"snapshots": {"every": 1}}, "^snapshots.every: no such key; there are every_seconds, keep, upload$"),
            ({"certificates": {"renew_before": 1}}, "^certificates.renew_before: no such key"),
        ):
            with self.subTest(document=document), self.assertRaisesRegex(InvalidInput, words):
                settings(**document)

    def test_values_out_of_bounds(self) -> None:
        for document, words in (
            ({"snapshots": {"every_seconds": 1}}, "^snapshots.every_seconds: expected a number from 600 to 2678400$"),
            ({"snapshots": {"every_seconds": True}}, "^snapshots.every_seconds"),
            ({"snapshots": {"keep": 0}}, "^snapshots.keep: expected a number from 1 to 1000$"),
            ({"snapshots": {"upload": "curl"}}, "^snapshots.upload: expected a list of strings"),
            ({"snapshots": {"upload": [""]}}, "^snapshots.upload"),
            ({"snapshots": {"upload": ["x", 1]}}, "^snapshots.upload"),
            ({"snapshots": []}, "^snapshots: expected an object or false$"),
            ({"snapshots": 0}, "^snapshots: expected an object or false$"),
            ({"certificates": False}, "^certificates: expected an object$"),
            ({"certificates": {"renew": "no"}}, "^certificates.renew: expected true or false$"),
            ({"certificates": {"renew_before_seconds": "30d"}}, "^certificates.renew_before_seconds"),
        ):
            with self.subTest(document=document), self.assertRaisesRegex(InvalidInput, words):
                settings(**document)

    def test_what_is_no_settings_file(self) -> None:
        for data in (b"", b"{", b"[]", b'{"version": 2}', b"{}"):
            with self.subTest(data=data), self.assertRaises(InvalidInput):
                parse_settings(data)


class State(unittest.TestCase):
    def test_written_and_read(self) -> None:
        system = FakeSystem()
        write_state(system, "/x", {"outcome": "done"})
        self.assertEqual(read_state(system, "/x"), {"version": 1, "updated": "2026-11-22T10:00:00Z", "outcome": "done"})

    def test_what_cannot_be_read_is_empty(self) -> None:
        system = FakeSystem()
        for data in (b"", b"[]", b'{"version": 2}'):
            system.files["/x"] = data
            self.assertEqual(read_state(system, "/x"), {})
        self.assertEqual(read_state(system, "/none"), {})


class Commands(unittest.TestCase):
    def test_nothing_to_do_on_a_worker(self) -> None:
        for command in (take_snapshot, renew_certificates):
            system = samples.good_system()
            self.assertEqual(command(system, at_once=True), 0)
            self.assertIn("nothing to do here", system.output[0])

    def test_one_at_a_time(self) -> None:
        system = FakeMaster()
        system.locked = True
        self.assertEqual(take_snapshot(system, at_once=True), 1)
        self.assertIn("it runs already", system.output[0])

    def test_bad_settings_stop_it(self) -> None:
        system = FakeMaster()
        system.files[timers.SETTINGS] = b'{"version": 1, "snapshots": {"kep": 1}}'
        self.assertEqual(take_snapshot(system, at_once=True), 1)
        self.assertEqual(
            system.output, ["kimg: /etc/kimg/maintenance.json: snapshots.kep: no such key; there are every_seconds, keep, upload"]
        )

    def test_the_node_knows_its_name_and_port(self) -> None:
        system = samples.good_system(node="", api_port=7443)
        system.files["/etc/kubernetes/manifests/kube-apiserver.yaml"] = b"x"
        with mock.patch("kimg_agent.maintenance.commands.run_renewal", return_value=7) as run:
            self.assertEqual(renew_certificates(system, at_once=True), 7)
        run.assert_called_once_with(system, Settings(), "cp2", 7443, True)

    def test_a_damaged_node_file_is_named(self) -> None:
        for damage in (b"", b"{", None):
            system = samples.good_system()
            system.files["/etc/kubernetes/manifests/kube-apiserver.yaml"] = b"x"
            system.files["/etc/kimg/node.json"] = damage or b""
            if damage is None:
                del system.files["/etc/kimg/node.json"]
            self.assertEqual(renew_certificates(system, at_once=False), 1)
            self.assertIn("certificates not renewed: /etc/kimg/node.json: ", system.output[0])


class RealDisk(unittest.TestCase):
    def test_written_renamed_and_measured(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            part, whole = folder + "/part", folder + "/whole"
            self.assertEqual(Disk().write(part, iter([b"abc", b"de"]), 0o600), 5)
            self.assertEqual((os.stat(part).st_mode & 0o777, Disk().size(part)), (0o600, 5))
            Disk().rename(part, whole)
            self.assertEqual((Path(whole).read_bytes(), os.listdir(folder)), (b"abcde", ["whole"]))
            space = Disk().space(folder)
            self.assertTrue(0 < space.free <= space.total)
            self.assertEqual(Disk().size(part), 0)

    def test_does_not_follow_a_link(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(folder + "/elsewhere", folder + "/part")
            with self.assertRaises(OSError):
                Disk().write(folder + "/part", [b"x"], 0o600)
            self.assertFalse(os.path.exists(folder + "/elsewhere"))


if __name__ == "__main__":
    unittest.main()
