"""Recovery from a snapshot: what lets it begin, what it does, and taken up again after each place where it may be cut off."""

import base64
import hashlib
import ipaddress
import json
import os
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Sequence
from unittest import mock

from kimg_agent.assembly import recover, recovery_drive
from kimg_agent.assembly.context import Context
from kimg_agent.assembly.machine import run_agent
from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import ask as ask_gateway
from kimg_agent.etcd.members import Member
from kimg_agent.kubernetes import kubectl
from kimg_agent.kubernetes.kubeadm import init
from kimg_agent.maintenance import etcdutl
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import Finished, System
from kimg_agent.reporting.failure import PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.seed.node import InvalidInput
from kimg_agent.state import recovery, steps
from kimg_agent.state.recovery import Recovery, parse_recovery, pending, read_record, write_step
from tests import samples
from tests.etcd_server import ETCD, WITHOUT_ETCD, running_etcd
from tests.fake_system import FakeSystem
from tests.test_snapshots import ETCDUTL, LocalSystem

ID = "00112233aabbccdd"
DEVICE = "/dev/disk/by-label/KIMG_RECOVERY"
ON_DRIVE = f"{recovery_drive.FOLDER}/snapshot.db"
IN_FOLDER = "/var/lib/cloud/seed/nocloud-recovery/snapshot.db"
SNAPSHOT = b"database and digest"
SUM = hashlib.sha256(SNAPSHOT).hexdigest()
IMAGE = "registry.k8s.io/etcd:3.7.0-0"
INIT = (*init(recover.CONFIG), "--skip-phases=addon")
API = ("kubectl", f"--kubeconfig={paths.ADMIN}")
PROGRAM = "/run/kimg-etcdutl/0123456789abcdef/usr/local/bin/etcdutl"
RESTORE = (PROGRAM, "snapshot", "restore")
OLD = "2020-01-01T00:00:00Z"
VOTER = Member(1, "cp2", ("https://10.0.0.22:2380",), ("https://10.0.0.22:2379",), False)


def document(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "id": ID,
        "label": "KIMG_RECOVERY",
        "file": "snapshot.db",
        "path": IN_FOLDER,
        "sha256": SUM,
        "expires": "2099-01-01T00:00:00Z",
        "others": ["cp1", "cp3"],
        **changes,
    }


def asked(**changes: Any) -> Recovery:
    return parse_recovery(json.dumps(document(**changes)).encode())


class Seed(unittest.TestCase):
    def test_is_read(self) -> None:
        self.assertEqual(asked().others, ("cp1", "cp3"))
        self.assertEqual(asked().expires, datetime(2099, 1, 1, tzinfo=timezone.utc))

    def test_whatever_is_wrong_is_named_and_not_shown(self) -> None:
        wrong: tuple[tuple[str, object], ...] = (
            *(("id", ""), ("id", "../x"), ("label", "a/b"), ("file", "../etc/shadow"), ("path", "x"), ("sha256", "beef")),
            *(("expires", "tomorrow"), ("others", ["cp1", 3]), ("others", ["-x"]), ("version", 2)),
        )
        for key, value in wrong:
            with self.assertRaisesRegex(InvalidInput, key):
                asked(**{key: value})
        with self.assertRaisesRegex(InvalidInput, "not JSON"):
            parse_recovery(b"")

    def test_is_pending_until_it_is_done(self) -> None:
        system = FakeSystem()
        self.assertIsNone(pending(system))
        system.files[recovery.SEED] = json.dumps(document()).encode()
        self.assertEqual(pending(system), asked())
        write_step(system, asked(), recovery.DONE)
        self.assertIsNone(pending(system))
        other = asked(id="ffffffffffffffff")
        self.assertEqual(read_record(system, other).step, recovery.NOTHING)

    def test_that_cannot_be_read_is_not_passed_over(self) -> None:
        system = FakeSystem()
        system.files[recovery.SEED] = b"{"
        with self.assertRaisesRegex(PhaseFailed, "recover.json: not JSON"):
            pending(system)

    def test_the_record_keeps_its_beginning(self) -> None:
        system = FakeSystem()
        write_step(system, asked(), recovery.BEGUN)
        system.sleep(3600)
        write_step(system, asked(), recovery.RESTORED)
        self.assertEqual(read_record(system, asked()), recovery.Record(recovery.RESTORED, system.clock))


class Nodes(unittest.TestCase):
    def test_when_a_node_was_heard_of(self) -> None:
        conditions = [{"lastHeartbeatTime": "2026-11-22T10:00:00Z"}, {"lastHeartbeatTime": None}, {}]
        self.assertEqual(
            recover.last_heard({"metadata": {"creationTimestamp": OLD}, "status": {"conditions": conditions}}),
            datetime(2026, 11, 22, 10, tzinfo=timezone.utc),
        )
        self.assertIsNone(recover.last_heard({}))

    def test_the_address_is_the_one_of_the_seed(self) -> None:
        node = samples.node()
        for own, expected in ((("192.0.2.1", "10.0.0.22"), "10.0.0.22"), (("192.0.2.1", "10.0.0.9"), "10.0.0.9")):
            self.assertEqual(str(recover.own_address(context(node, *own))), expected)
        with self.assertRaisesRegex(PhaseFailed, "no address"):
            recover.own_address(context(node))


def context(node: Any, *addresses: str) -> Context:
    return Context(node, "cp2", samples.ca_pem(), "1.37.2", tuple(ipaddress.ip_address(each) for each in addresses))


class RecoveryCase(unittest.TestCase):
    def setUp(self) -> None:
        self.system = master()
        self.met: dict[str, str] = {}
        self.empty = True
        self.nodes = {"cp1": OLD, "cp3": OLD}
        self.enter("kimg_agent.outside.endpoint.meet", self.meet)
        self.enter("kimg_agent.decision.beacon.says_empty", lambda *_: self.empty)
        self.enter("kimg_agent.etcd.members.list_members", lambda *_: (VOTER,))
        self.enter("kimg_agent.assembly.init_or_join._etcd_ca", lambda _: samples.ca_pem())
        self.system.commands.update(
            {
                ("mount", "--types", "iso9660"): self.mount,
                ("umount",): self.umount,
                ("sha256sum", "--"): self.sha256sum,
                (*etcdutl._CTR, "images", "mount", IMAGE): Finished(0, "", ""),
                (*etcdutl._CTR, "images", "unmount"): Finished(0, "", ""),
                RESTORE: self.restore,
                INIT: Finished(0, "[certs] Generating\n", ""),
                ("systemctl",): Finished(0, "", ""),
                API: self.api,
            }
        )

    def enter(self, name: str, replacement: object) -> None:
        patch = mock.patch(name, replacement)
        patch.start()
        self.addCleanup(patch.stop)

    def meet(self, system: System, endpoint: Endpoint, ca_pem: str, timeout: float) -> Answer:
        return Answer(self.met.get(endpoint.authority, probe.REFUSED), "")

    def mount(self, words: Sequence[str]) -> Finished:
        self.assertEqual(words[3:], ("--options", "ro,nosuid,nodev,noexec", DEVICE, recovery_drive.FOLDER))
        self.system.files[ON_DRIVE] = self.system.files[DEVICE]
        return Finished(0, "", "")

    def umount(self, _: Sequence[str]) -> Finished:
        there = self.system.files.pop(ON_DRIVE, None) is not None
        return Finished(0, "", "") if there else Finished(32, "", "umount: not mounted")

    def sha256sum(self, words: Sequence[str]) -> Finished:
        return Finished(0, f"{hashlib.sha256(self.system.files[words[2]]).hexdigest()}  {words[2]}\n", "")

    def restore(self, words: Sequence[str]) -> Finished:
        folder = words[words.index("--data-dir") + 1]
        self.assertEqual(self.system.list_files(folder), [])
        self.system.files[f"{folder}/member/snap/db"] = self.system.files[words[3]]
        return Finished(0, "", "")

    def api(self, words: Sequence[str]) -> Finished:
        if "get" in words and "node" in words:
            name = words[words.index("node") + 1]
            if name not in self.nodes:
                return Finished(0, "", "")
            metadata = {"resourceVersion": "7", "creationTimestamp": OLD}
            status = {"conditions": [{"lastHeartbeatTime": self.nodes[name]}]}
            return Finished(0, json.dumps({"metadata": metadata, "status": status}), "")
        if "delete" in words:
            raw = next(word for word in words if word.startswith("--raw="))
            self.nodes.pop(raw.rpartition("/")[2])
        return Finished(0, "ok", "")

    def ran(self, *first: str) -> int:
        return sum(words[: len(first)] == first for words in self.system.ran)

    def step(self) -> str:
        return read_record(self.system, asked()).step


def master() -> FakeSystem:
    system = samples.good_system(cluster_state="existing")
    image = samples.image_document(containerImages=[*samples.IMAGES, IMAGE])
    system.files.update(
        {
            paths.IMAGE: json.dumps(image).encode(),
            recover.CONFIG: b"kind: InitConfiguration\n",
            recovery.SEED: json.dumps(document()).encode(),
            DEVICE: SNAPSHOT,
        }
    )
    system.commands[samples.LIST_IMAGES] = Finished(0, "\n".join([*samples.IMAGES, IMAGE]) + "\n", "")
    return system


class FromADrive(RecoveryCase):
    def test_restores_makes_and_seals(self) -> None:
        self.assertEqual(run_agent(self.system), 0, self.system.console)
        self.assertEqual(
            self.system.console[2:],
            [
                "kimg: etcd: the snapshot is restored, as a cluster of this master alone",
                "kimg: kubeadm init: done in 0s",
                "kimg: etcd: 1 voter",
                "kimg: recover: the cluster of the snapshot runs on this master, after 0s",
                "kimg: member: this machine is a member of its cluster; staged secrets are erased",
            ],
        )
        self.assertEqual(self.system.files[f"{paths.ETCD_MEMBER}/snap/db"], SNAPSHOT)
        self.assertEqual(self.system.list_folder(paths.ETCD), ["member"])
        self.assertEqual((self.step(), steps.read_step(self.system)), (recovery.DONE, steps.MEMBER))
        self.assertIn(paths.SENTINEL, self.system.files)
        self.assertNotIn(ON_DRIVE, self.system.files)

    def test_as_another_cluster_of_this_master_alone(self) -> None:
        run_agent(self.system)
        restored = next(words for words in self.system.ran if words[:3] == RESTORE)
        self.assertEqual(restored[3], ON_DRIVE)
        self.assertEqual(
            restored[6:],
            (
                "--name=cp2",
                "--initial-cluster=cp2=https://10.0.0.22:2380",
                "--initial-advertise-peer-urls=https://10.0.0.22:2380",
                f"--initial-cluster-token=kimg-recovery-{ID}",
                "--bump-revision=1000000000",
                "--mark-compacted",
            ),
        )

    def test_the_nodes_of_the_others_go_but_one_that_has_joined_since(self) -> None:
        self.nodes["cp3"] = (self.system.clock + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(list(self.nodes), ["cp3"])
        self.assertEqual(self.ran(*kubectl.local(6443), "delete", "--raw=/api/v1/nodes/cp1", "--filename=-"), 1)
        sent = json.loads(self.system.given[-1])
        self.assertEqual(sent["preconditions"], {"resourceVersion": "7"})

    def test_waits_for_the_drive(self) -> None:
        del self.system.files[DEVICE]
        self.system.on_sleep = lambda elapsed: self.system.files.update({DEVICE: SNAPSHOT} if elapsed > 600 else {})
        self.assertEqual(run_agent(self.system), 0)
        self.assertIn("kimg: waiting for the recovery drive: no drive has the label KIMG_RECOVERY", self.system.console)

    def test_from_a_folder(self) -> None:
        del self.system.files[DEVICE]
        self.system.files[IN_FOLDER] = SNAPSHOT
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(self.ran("mount"), 0)
        self.assertIn(IN_FOLDER, self.system.erased)

    def test_another_file_than_the_seed_names(self) -> None:
        self.system.files[DEVICE] = b"an older one"
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("is not the snapshot that this seed names", self.system.report()["reason"])
        self.assertEqual((self.step(), self.ran(*RESTORE)), (recovery.NOTHING, 0))
        self.assertNotIn(ON_DRIVE, self.system.files)

    def test_a_drive_that_cannot_be_mounted(self) -> None:
        self.system.commands[("mount", "--types", "iso9660")] = Finished(32, "", "mount: wrong fs type\n")
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual(self.system.report()["reason"], "the recovery drive cannot be mounted: mount: wrong fs type")


class Refusals(RecoveryCase):
    def refused(self) -> str:
        self.assertNotEqual(run_agent(self.system), 0)
        self.assertEqual((self.step(), self.ran("kubeadm"), self.ran(*RESTORE)), (recovery.NOTHING, 0, 0))
        reason: str = self.system.report()["reason"]
        self.assertTrue(self.system.report()["hint"])
        return reason

    def test_the_cluster_answers(self) -> None:
        for authority in ("10.0.0.10:6443", "10.0.0.21:6443", "10.0.0.21:2379"):
            self.met = {authority: probe.MET}
            self.assertRegex(self.refused(), "^the old cluster still answers: ")

    def test_another_cluster_answers(self) -> None:
        self.met = {"10.0.0.10:6443": probe.OTHER_CA}
        self.assertRegex(self.refused(), "^wrong cluster or address clash")

    def test_the_cluster_answers_after_a_minute(self) -> None:
        self.empty = False
        self.system.on_sleep = lambda elapsed: self.met.update({"10.0.0.21:2379": probe.MET} if elapsed > 60 else {})
        self.assertRegex(self.refused(), "^the old cluster still answers: ")

    def test_silence_takes_two_minutes(self) -> None:
        self.empty = False
        self.assertEqual(run_agent(self.system), 0)
        self.assertGreaterEqual(self.system.elapsed, 120)

    def test_its_time_is_over(self) -> None:
        self.system.files[recovery.SEED] = json.dumps(document(expires=OLD)).encode()
        self.assertEqual(self.refused(), "this seed could restore a snapshot until 2020-01-01 00:00 UTC, and that is over")
        self.assertEqual(run_agent(self.system), 78)

    def test_a_worker_recovers_nothing(self) -> None:
        worker = samples.good_system(bootstrap="join-worker", role="worker")
        worker.files[recovery.SEED] = json.dumps(document()).encode()
        with samples.no_further_than_the_wait() as waited:
            run_agent(worker)
        self.assertEqual(waited.call_count, 1)


class CutOff(RecoveryCase):
    def cut_at(self, first: tuple[str, ...]) -> None:
        """The agent is killed when it runs this; the next one finds whatever is on the disk."""
        before = self.system.commands.get(first)
        self.system.commands[first] = mock.Mock(side_effect=KeyboardInterrupt)
        with self.assertRaises(KeyboardInterrupt):
            run_agent(self.system)
        assert before is not None
        self.system.commands[first] = before

    def goes_on(self) -> None:
        self.assertEqual(run_agent(self.system), 0, self.system.console)
        self.assertEqual(self.system.files[f"{paths.ETCD_MEMBER}/snap/db"], SNAPSHOT)
        self.assertEqual((self.step(), self.nodes), (recovery.DONE, {}))

    def test_everywhere_before_the_data_is_in_its_place(self) -> None:
        for first in (("mount", "--types", "iso9660"), ("sha256sum", "--"), RESTORE):
            with self.subTest(first):
                self.setUp()
                self.cut_at(first)
                self.goes_on()
                self.assertEqual(self.system.list_folder(paths.ETCD), ["member"])

    def test_between_the_rename_and_its_record(self) -> None:
        real = write_step

        def cut(system: System, recovery_: Recovery, step: str) -> None:
            if step == recovery.RESTORED:
                raise KeyboardInterrupt
            real(system, recovery_, step)

        with mock.patch("kimg_agent.assembly.recover.write_step", cut), self.assertRaises(KeyboardInterrupt):
            run_agent(self.system)
        self.assertEqual(self.step(), recovery.CLEARED)
        self.goes_on()
        self.assertEqual(self.system.list_folder(paths.ETCD), ["member"])

    def test_in_kubeadm_init_the_data_is_not_restored_again_and_nobody_is_asked(self) -> None:
        self.cut_at(INIT)
        self.system.files[f"{paths.STATIC_PODS}/etcd.yaml"] = b"kind: Pod"
        self.system.files[f"{paths.ETCD_MEMBER}/snap/db"] = b"later"
        self.met = {"10.0.0.10:6443": probe.MET}
        del self.system.files[DEVICE]
        self.system.files["/etc/kubernetes/pki/apiserver.crt"] = b""
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(self.system.files[f"{paths.ETCD_MEMBER}/snap/db"], b"later")
        self.assertEqual((self.ran(*RESTORE), self.ran(*INIT)), (1, 2))
        self.assertNotIn("/etc/kubernetes/pki/apiserver.crt", self.system.files)

    def test_before_kubeadm_init_has_made_anything_another_recovery_may_have_been_made(self) -> None:
        self.cut_at(INIT)
        self.met = {"10.0.0.10:6443": probe.MET}
        self.assertEqual(run_agent(self.system), 1)
        self.assertIn("the old cluster still answers", self.system.report()["reason"])
        self.assertEqual(self.ran(*INIT), 1)

    def test_kubeadm_init_fails(self) -> None:
        self.system.commands[INIT] = Finished(1, "error: cut\n", "")
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual((self.step(), steps.read_step(self.system)), (recovery.RESTORED, steps.NOTHING))
        self.system.commands[INIT] = Finished(0, "", "")
        self.goes_on()

    def test_data_of_an_earlier_life_is_kept_aside(self) -> None:
        self.system.files[f"{paths.ETCD_MEMBER}/snap/db"] = b"old"
        self.system.files[f"{paths.STATIC_PODS}/etcd.yaml"] = b"kind: Pod\n"
        self.system.commands[("kubeadm", "reset")] = lambda _: self.reset()
        self.cut_at(RESTORE)
        self.goes_on()
        self.assertEqual(self.system.files[f"{paths.ETCD}/before-{ID}/snap/db"], b"old")
        self.assertEqual(self.ran("kubeadm", "reset"), 1)

    def reset(self) -> Finished:
        self.system.remove_tree(paths.STATIC_PODS)
        return Finished(0, "", "")

    def test_a_snapshot_that_cannot_be_restored(self) -> None:
        self.system.commands[RESTORE] = Finished(1, "", "Error: expected sha256 [1], got [2]\n")
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual(self.system.report()["reason"], "the snapshot cannot be restored: Error: expected sha256 [1], got [2]")
        self.assertEqual(self.system.list_folder(paths.ETCD), [])
        self.assertNotIn(ON_DRIVE, self.system.files)


class LocalRecovery(LocalSystem):
    def write_console(self, line: str) -> None:
        """Not among the tests' own output."""


@unittest.skipUnless(ETCD and ETCDUTL, f"{WITHOUT_ETCD}, and KIMG_TEST_ETCDUTL to that of etcdutl")
class AgainstEtcd(unittest.TestCase):
    """A snapshot of a real etcd becomes the data of another one: alone, of another cluster, with what was in the snapshot."""

    def test_restored_and_started(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            snapshot = Path(name, "nocloud-recovery", "snapshot.db")
            snapshot.parent.mkdir()
            with running_etcd(make(name, "old")) as server:
                put(server, "greeting", "hello")
                before = cluster_of(server)
                pieces = etcd.stream_snapshot(LocalRecovery(), server.endpoint, server.access)
                snapshot.write_bytes(b"".join(pieces))
                put(server, "greeting", "after the snapshot")
            snapshot.chmod(0o400)
            self.recover(name, snapshot)
            data = Path(name, "etcd")
            self.assertEqual(os.listdir(data), ["member"])
            with running_etcd(make(name, "new"), data) as server:
                self.assertEqual(get(server, "greeting"), "hello")
                members = etcd.list_members(LocalRecovery(), server.endpoint, server.access)
                self.assertEqual([each.peer_urls for each in members], [("https://127.0.0.1:2380",)])
                after = cluster_of(server)
                self.assertNotEqual(after[0], before[0])
                self.assertGreater(int(after[1]), 1_000_000_000)

    def recover(self, name: str, snapshot: Path) -> None:
        image = Path(name, "image.json")
        image.write_text(json.dumps(samples.image_document(containerImages=[IMAGE])))
        places = {
            "kimg_agent.outside.paths.IMAGE": str(image),
            "kimg_agent.outside.paths.ETCD": f"{name}/etcd",
            "kimg_agent.outside.paths.ETCD_MEMBER": f"{name}/etcd/member",
            "kimg_agent.outside.paths.STATIC_PODS": f"{name}/manifests",
            "kimg_agent.outside.paths.REPORT": f"{name}/report.json",
            "kimg_agent.state.recovery.RECORD": f"{name}/recovery.json",
            "kimg_agent.maintenance.etcdutl._MOUNTS": f"{name}/mounts",
        }
        for place, value in places.items():
            patch = mock.patch(place, value)
            patch.start()
            self.addCleanup(patch.stop)
        system = LocalRecovery()
        seed = asked(path=str(snapshot), sha256=hashlib.sha256(snapshot.read_bytes()).hexdigest())
        phase = recover.Recover(context(samples.node(peers=["127.0.0.1"]), "127.0.0.1"), seed)
        phase._restore(system, Progress(system))
        self.assertEqual(read_record(system, seed).step, recovery.RESTORED)


def make(name: str, folder: str) -> Path:
    path = Path(name, folder)
    path.mkdir()
    return path


def put(server: Any, key: str, value: str) -> None:
    ask(server, "/v3/kv/put", {"key": encoded(key), "value": encoded(value)})


def get(server: Any, key: str) -> str:
    found: str = ask(server, "/v3/kv/range", {"key": encoded(key)})["kvs"][0]["value"]
    return base64.b64decode(found).decode()


def cluster_of(server: Any) -> tuple[str, str]:
    """Its id, and its revision."""
    header = ask(server, "/v3/kv/range", {"key": encoded("greeting")})["header"]
    return header["cluster_id"], header["revision"]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def ask(server: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return dict(ask_gateway(LocalRecovery(), server.endpoint, server.access, path, body, 10.0))


if __name__ == "__main__":
    unittest.main()
