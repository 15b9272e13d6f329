"""The whole agent, phase by phase, on a machine in memory. Only the TLS probe is not a fake: there the endpoint is on loopback."""

import json
import socket
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from unittest import mock

from kimg_agent.assembly.machine import run_agent
from kimg_agent.assembly.wait_for_answer import judge_answer
from kimg_agent.assembly.wait_for_cluster import judge_cluster
from kimg_agent.outside import endpoint as probe
from kimg_agent.outside.endpoint import Answer, Endpoint
from kimg_agent.outside.system import Finished, System
from kimg_agent.reporting.failure import pause_before_retry
from kimg_agent.seed.trust import read_certificates
from tests import samples
from tests.certificates import listener, make_ca, make_server, tls_answer
from tests.fake_system import FakeSystem

URL = "https://10.0.0.10:6443"
HAPROXY = ("systemctl", "is-active", "haproxy.service")


def answers(*given: Answer) -> "mock._patch[mock.Mock]":
    return mock.patch("kimg_agent.outside.endpoint.ask_ready", side_effect=list(given))


class Joiner(unittest.TestCase):
    """The phases up to the join itself, which test_join goes through."""

    def setUp(self) -> None:
        self.system = samples.good_system(role="worker", bootstrap="join-worker")
        self.system.commands.update(samples.WORKER_JOINS)

    def test_waits_with_the_reason_and_joins(self) -> None:
        refused, closed = Answer(probe.REFUSED, "connection refused"), Answer(probe.CLOSED, "connection closed")
        with answers(refused, refused, closed, Answer(probe.READY, "/readyz answers 200")):
            self.assertEqual(run_agent(self.system), 0)
        found = "this machine is a member of its cluster; staged secrets are erased"
        self.assertEqual(
            self.system.console,
            [
                "kimg: cp2 (worker) of cluster prod",
                "kimg: preflight: 15 of 16 checks passed; warning: image: the image is of role master-join, the seed of role worker",
                f"kimg: waiting for {URL}: connection refused",
                f"kimg: waiting for {URL}: connection closed (4s so far)",
                f"kimg: {URL}/readyz answers 200 with our CA, after 6s",
                "kimg: kubeadm join: done in 0s",
                f"kimg: member: {found}",
            ],
        )
        report = self.system.report()
        self.assertEqual((report["phase"], report["outcome"], report["reason"]), ("member", "done", found))
        self.assertEqual((report["node"], report["role"], report["cluster"]), ("cp2", "worker", "prod"))
        self.assertEqual((report["version"], report["endpoint"], len(report["checks"])), (1, URL, 16))
        self.assertIn("/var/lib/kimg/bootstrapped", self.system.files)

    def test_another_ca_is_a_failure_that_is_tried_again(self) -> None:
        with answers(Answer(probe.OTHER_CA, "the certificate is of another CA")):
            self.assertEqual(run_agent(self.system), 1)
        report = self.system.report()
        self.assertEqual((report["phase"], report["outcome"], report["attempts"]), ("wait for the cluster", "failed", 1))
        self.assertTrue(report["reason"].startswith("wrong cluster or address clash: https://10.0.0.10:6443"))
        block = self.system.console[2:]
        self.assertEqual(block[0], "kimg: FAILED in phase wait for the cluster (cp2, worker of cluster prod)")
        self.assertEqual(block[1], f"kimg:   reason: {report['reason']}")
        self.assertEqual(block[2], f"kimg:   hint: {report['hint']}")
        self.assertEqual(block[3], "kimg:   report: /var/lib/kimg/report.json, or run `kimg-agent status`")
        self.assertEqual(block[4], "kimg:   next attempt in 10s; at once with `systemctl restart kimg-agent`")
        self.assertEqual(self.system.priorities[2:], [3] * 5)

    def test_like_failures_in_a_row_are_tried_less_and_less_often_until_a_reboot(self) -> None:
        def fail() -> float:
            with answers(Answer(probe.OTHER_CA, "other")):
                run_agent(self.system)
            return self.system.slept[-1]

        self.assertEqual([fail() for _ in range(7)], [10, 20, 40, 80, 160, 300, 300])
        self.assertEqual(self.system.report()["attempts"], 7)
        self.system.files["/proc/sys/kernel/random/boot_id"] = b"second-boot\n"
        self.assertEqual(fail(), 10)
        with answers(Answer(probe.WRONG_NAME, "another reason")):
            run_agent(self.system)
        self.assertEqual(self.system.slept[-1], 10)

    def test_a_real_endpoint(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            ca = make_ca(folder, "ca")
            server = make_server(folder, "server", ca, "IP:127.0.0.1")
            with listener(tls_answer(server, b"HTTP/1.1 200 OK\r\n\r\nok")) as endpoint:
                self.system.files["/etc/kimg/ca.crt"] = ca.certificate.read_bytes()
                self.rename_endpoint(endpoint, ca.certificate.read_bytes())
                self.system.on_connect = lambda host, port: System().connect(host, port, 5)
                self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(self.system.report()["phase"], "member")

    def rename_endpoint(self, endpoint: Endpoint, ca: bytes) -> None:
        certificate = read_certificates(ca)[0]
        self.system.clock = certificate.not_before
        document = samples.node_document(
            **{"role": "worker", "bootstrap": "join-worker"},
            endpoint={"host": endpoint.host, "port": endpoint.port}, ca_hash=f"sha256:{certificate.public_key_hash}"
        )
        self.system.files["/etc/kimg/node.json"] = json.dumps(document).encode()

    def test_only_the_certificate_that_the_hash_names_is_trusted(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            other = make_ca(Path(name), "other").certificate.read_bytes()
        self.system.files["/etc/kimg/ca.crt"] = other + samples.ca_pem().encode()
        with answers(Answer(probe.READY, "/readyz answers 200")) as asked:
            run_agent(self.system)
        self.assertEqual(asked.call_args.args[2], samples.ca().pem)


class Preflight(unittest.TestCase):
    def setUp(self) -> None:
        self.system = samples.good_system(bootstrap="join-worker")
        self.system.commands.update(samples.WORKER_JOINS)

    def test_all_failures_at_once_and_not_tried_again_when_the_seed_is_wrong(self) -> None:
        self.system.files["/etc/kimg/kubeadm/join.yaml"] = b"token: CI_MISSING_JINJA_VAR/token\n"
        self.system.files["/proc/swaps"] += b"/swap file 1 0 -2\n"
        self.system.listening = set()
        self.assertEqual(run_agent(self.system), 78)
        lines = "\n".join(self.system.console)
        self.assertIn("kimg: FAILED in phase preflight (cp2, master-join of cluster prod)\n", lines)
        self.assertIn("kimg:   variables: unresolved variable in /etc/kimg/kubeadm/join.yaml:1 (token)\n", lines)
        self.assertIn("kimg:   swap: on: /swap\nkimg:     hint: `swapoff -a`", lines)
        self.assertIn("kimg:   runtime: containerd does not answer", lines)
        self.assertTrue(lines.endswith("kimg:   not tried again: it takes another seed or image; then reboot"))
        statuses = {check["name"]: check["status"] for check in self.system.report()["checks"]}
        self.assertEqual((statuses["variables"], statuses["swap"], statuses["runtime"]), ("fail-seed", "fail", "wait"))
        self.assertEqual(statuses["ca"], "pass")

    def test_what_a_person_can_mend_is_tried_again(self) -> None:
        self.system.files["/proc/swaps"] += b"/swap file 1 0 -2\n"
        self.assertEqual(run_agent(self.system), 1)
        self.assertEqual((self.system.slept, self.system.report()["reason"]), ([10.0], "swap: on: /swap"))

    def test_no_node_file(self) -> None:
        self.system.files["/etc/kimg/node.json"] = b""
        self.assertEqual(run_agent(self.system), 78)
        self.assertEqual(self.system.console[0], "kimg: FAILED in phase preflight")
        self.assertIn("/etc/kimg/node.json: the file is empty", self.system.console[1])

    def test_waits_for_what_time_mends(self) -> None:
        self.system.listening = set()
        self.system.on_sleep = lambda elapsed: self.system.listening.update(["/run/containerd/containerd.sock"] * (elapsed > 20))
        with answers(Answer(probe.READY, "/readyz answers 200")):
            self.assertEqual(run_agent(self.system), 0)
        waits = [line for line in self.system.console if "waiting for this machine" in line]
        self.assertEqual(len(waits), 2)
        self.assertTrue(waits[0].startswith("kimg: waiting for this machine: runtime: containerd does not answer: "))
        self.assertTrue(waits[1].endswith(" (10s so far)"))

    def test_gives_up_waiting_after_the_limit(self) -> None:
        self.system.listening = set()
        self.assertEqual(run_agent(self.system), 1)
        self.assertTrue(600 <= sum(self.system.slept[:-1]) <= 605)
        self.assertIn("runtime: containerd does not answer", self.system.report()["reason"])

    def test_goes_on_with_a_warning_without_a_synchronised_clock(self) -> None:
        del self.system.files["/run/systemd/timesync/synchronized"]
        with answers(Answer(probe.READY, "/readyz answers 200")):
            self.assertEqual(run_agent(self.system), 0)
        self.assertIn("kimg: preflight: 15 of 16 checks passed; warning: clock: not synchronised", self.system.console)
        self.assertTrue(60 <= self.system.elapsed <= 65)

    def test_a_pool_machine_is_called_by_its_host_name(self) -> None:
        self.system = samples.good_system(node="", role="worker", bootstrap="join-worker")
        self.system.commands.update(samples.WORKER_JOINS)
        self.system.host = "Worker-7"
        with answers(Answer(probe.READY, "/readyz answers 200")):
            run_agent(self.system)
        self.assertEqual(self.system.console[0], "kimg: worker-7 (worker) of cluster prod")
        self.assertEqual(self.system.report()["node"], "worker-7")


class LoadBalancer(unittest.TestCase):
    def setUp(self) -> None:
        self.system = samples.good_system(bootstrap="load-balancer", role="haproxy", kubeadm_config="")
        self.system.files["/etc/kimg/image.json"] = json.dumps(
            samples.image_document(role="haproxy", kubernetes=None, containerImages=[])
        ).encode()
        self.system.listening = set()

    def test_done_when_haproxy_serves(self) -> None:
        self.system.commands[HAPROXY] = Finished(3, "activating\n", "")
        self.system.on_sleep = lambda _: self.system.commands.update({HAPROXY: Finished(0, "active\n", "")})
        self.assertEqual(run_agent(self.system), 0)
        self.assertEqual(
            self.system.console[2:],
            ["kimg: waiting for haproxy.service: activating", "kimg: load balancer: serving; waiting for masters behind it"],
        )
        self.assertEqual((self.system.report()["phase"], self.system.report()["outcome"]), ("load balancer", "done"))

    def test_haproxy_that_does_not_come(self) -> None:
        self.system.commands[HAPROXY] = Finished(3, "failed\n", "")
        self.assertEqual(run_agent(self.system), 1)
        report = self.system.report()
        self.assertEqual((report["outcome"], report["reason"]), ("failed", "haproxy.service is failed"))
        self.assertTrue(120 <= sum(self.system.slept[:-1]) <= 125)


class Judgements(unittest.TestCase):
    def test_a_joiner_waits_for_everything_but_a_stranger(self) -> None:
        kinds = [probe.UNRESOLVED, probe.UNREACHABLE, probe.TIMED_OUT, probe.STALLED, probe.REFUSED, probe.CLOSED, probe.NOT_TLS]
        for kind in [*kinds, probe.OUT_OF_DATE, probe.NOT_READY]:
            look = judge_cluster(Endpoint("a", 1), Answer(kind, "text"))
            self.assertEqual((look.good, look.reason), (False, "text"))
            self.assertTrue(look.hint, kind)
        self.assertTrue(judge_cluster(Endpoint("a", 1), Answer(probe.READY, "text")).good)

    def test_the_init_node_takes_any_tcp_answer(self) -> None:
        kinds = [probe.UNRESOLVED, probe.UNREACHABLE, probe.TIMED_OUT, probe.REFUSED, probe.ACCEPTED]
        self.assertEqual([judge_answer(Answer(kind, "")).good for kind in kinds], [False, False, False, True, True])


class Trouble(unittest.TestCase):
    def test_a_full_disk_is_said_once_and_nothing_is_begun(self) -> None:
        system = samples.good_system(bootstrap="join-worker")
        system.commands.update(samples.WORKER_JOINS)
        system.write_error = OSError(28, "No space left on device", "/var/lib/kimg/state.json.new")
        with answers(Answer(probe.REFUSED, "connection refused"), Answer(probe.READY, "/readyz answers 200")):
            self.assertEqual(run_agent(system), 1)
        said = [line for line in system.console if "no space left" in line]
        self.assertEqual(said[0], "kimg: /var/lib/kimg/report.json: no space left on device; going on without a report")
        self.assertEqual(said[1:], ["kimg:   reason: /var/lib/kimg/state.json.new: no space left on device"])
        self.assertNotIn("kubeadm", [words[0] for words in system.ran])
        # Where nothing can be counted, the first pause may be the hundredth.
        self.assertEqual(system.slept[-1], 300)

    def test_a_bug_is_reported_by_place_without_what_was_read(self) -> None:
        system = samples.good_system()
        judged = mock.patch("kimg_agent.assembly.preflight.examine", side_effect=KeyError(samples.TOKEN))
        with judged, mock.patch("sys.stderr") as errors:
            self.assertEqual(run_agent(system), 70)
        self.assertRegex(system.report()["reason"], r"^internal error: KeyError at [a-z_]+\.py:\d+$")
        self.assertNotIn(samples.TOKEN, str(system.report()) + "".join(system.console) + str(errors.mock_calls))

    def test_an_unreadable_report_from_before_is_ignored(self) -> None:
        for data in (b"", b"[]", b"\xff", b'{"attempts": "x", "outcome": "failed"}'):
            system = samples.good_system()
            system.files["/var/lib/kimg/report.json"] = data
            system.files["/proc/swaps"] += b"/swap file 1 0 -2\n"
            self.assertEqual(run_agent(system), 1)
            self.assertEqual(system.report()["attempts"], 1)

    def test_failures_that_tell_the_time_are_alike(self) -> None:
        system = samples.good_system()
        system.clock += timedelta(days=36500)
        pauses = []
        for _ in range(4):
            self.assertEqual(run_agent(system), 1)
            self.assertRegex(system.report()["reason"], "^clock: it is ")
            pauses.append(system.slept[-1])
            system.clock += timedelta(minutes=1)
        self.assertEqual(pauses, [10, 20, 40, 80])

    def test_no_secret_is_written_or_said(self) -> None:
        for breakage in ("", "token: CI_MISSING_JINJA_VAR/x"):
            system = samples.good_system()
            system.files["/etc/kimg/kubeadm/join.yaml"] += breakage.encode() + samples.TOKEN.encode()
            with answers(Answer(probe.READY, "/readyz answers 200")):
                run_agent(system)
            everything = "".join([*system.console, *system.output, *system.statuses, str(system.report())])
            self.assertNotIn(samples.TOKEN, everything)

    def test_pauses(self) -> None:
        self.assertEqual([pause_before_retry(n) for n in (1, 2, 5, 6, 7, 10**6)], [10, 20, 160, 300, 300, 300])

    def test_a_machine_without_anything(self) -> None:
        self.assertEqual(run_agent(FakeSystem()), 78)
