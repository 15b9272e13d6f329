"""What kubeadm says, and what that means to people."""

import unittest
from typing import Callable, Sequence
from unittest import mock

from kimg_agent.kubernetes import kubeadm
from kimg_agent.outside.system import Finished
from kimg_agent.reporting.failure import PhaseFailed
from kimg_agent.reporting.progress import Progress
from tests import samples

INIT = kubeadm.init("/etc/kimg/kubeadm/init.yaml")


class Explain(unittest.TestCase):
    def reason(self, *heard: str) -> str:
        return kubeadm.explain("kubeadm join", 1, heard).reason

    def test_preflight_errors_are_named(self) -> None:
        heard = (
            "[preflight] Some fatal errors occurred:",
            "\t[ERROR Swap]: running with swap on is not supported",
            "\t[ERROR Port-10250]: Port 10250 is in use",
            "error: error execution phase preflight: preflight checks failed",
        )
        self.assertEqual(
            self.reason(*heard), "kubeadm join: Swap: running with swap on is not supported; Port-10250: Port 10250 is in use"
        )

    def test_known_errors_get_words_of_their_own(self) -> None:
        name = 'error: a Node with name "w1" and status "Ready" already exists in the cluster. You must delete the existing Node'
        self.assertEqual(self.reason(name), "kubeadm join: a Ready node of this name is in the cluster already")
        token = 'error: token id "abcdef" is invalid for this cluster or it has expired. Use "kubeadm token create"'
        self.assertIn("has expired, or is another cluster's", self.reason(token))
        self.assertIn("secret half", self.reason("failed to verify JWS signature of received cluster info object"))
        self.assertIn("the disk is full", self.reason("error: write /etc/kubernetes/x: no space left on device"))

    def test_everything_else_is_quoted(self) -> None:
        heard = ("[init] Using", "error: something new", "To see the stack trace of this error execute with --v=5 or higher", "")
        self.assertEqual(self.reason(*heard), "kubeadm join ended with 1: error: something new")
        self.assertEqual(self.reason("a", "b", "c", "d"), "kubeadm join ended with 1: b | c | d")
        self.assertEqual(self.reason(), "kubeadm join ended with 1: ended with 1 without a word")

    def test_each_known_error_has_a_hint(self) -> None:
        for known in kubeadm._KNOWN:
            self.assertTrue(known.reason and known.hint)


class Run(unittest.TestCase):
    def setUp(self) -> None:
        self.system = samples.good_system()

    def test_syncs_while_it_runs_and_after(self) -> None:
        self.system.commands[INIT] = Finished(0, "[certs] Generating\n[certs] more\n[kubelet-start] Starting\n", "")
        kubeadm.run(self.system, Progress(self.system), INIT)
        self.assertEqual(self.system.synced, 2)
        self.assertEqual(self.system.statuses, ["kubeadm certs", "kubeadm kubelet-start"])
        self.assertEqual(self.system.output[0], "kubeadm: [certs] Generating")
        self.assertEqual(self.system.console, [])

    def test_what_takes_long_is_said(self) -> None:
        def stream(command: Sequence[str], on_line: Callable[[str], None], each_second: Callable[[], None]) -> int:
            on_line("[wait-control-plane] Waiting")
            for _ in range(600):
                self.system.sleep(1)
                each_second()
            return 0

        with mock.patch.object(self.system, "stream", stream):
            kubeadm.run(self.system, Progress(self.system), INIT)
        self.assertEqual(self.system.console[0], "kimg: waiting for kubeadm init: it is in its phase wait-control-plane (30s so far)")
        self.assertTrue(3 <= len(self.system.console) <= 8, self.system.console)
        self.assertEqual(self.system.report()["outcome"], "waiting")

    def test_fails_with_its_words(self) -> None:
        self.system.commands[INIT] = Finished(1, "error: it broke\n", "")
        with self.assertRaises(PhaseFailed) as raised:
            kubeadm.run(self.system, Progress(self.system), INIT)
        self.assertEqual(raised.exception.failure.reason, "kubeadm init ended with 1: error: it broke")

    def test_a_token_that_it_prints_goes_nowhere(self) -> None:
        self.system.commands[INIT] = Finished(1, f"error: token {samples.TOKEN} is bad\n", "")
        with self.assertRaises(PhaseFailed) as raised:
            kubeadm.run(self.system, Progress(self.system), INIT)
        self.assertNotIn(samples.TOKEN, raised.exception.failure.reason + "".join(self.system.output))
        self.assertIn("<token>", raised.exception.failure.reason)

    def test_init_never_prints_the_join_command(self) -> None:
        self.assertIn("--skip-token-print", INIT)
