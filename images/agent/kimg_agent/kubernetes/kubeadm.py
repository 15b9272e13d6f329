"""Runs kubeadm, hears what it says, and turns its last words into a cause and a hint. What it prints goes to the journal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

from kimg_agent.outside.system import System
from kimg_agent.reporting.console import Announcer, printable
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress

DEBUG = 7  # of syslog(3)

# What a kubeadm init that was cut off leaves behind, and its own next run complains of: cmd/kubeadm/app/preflight/checks.go.
_LEFTOVERS = (
    *("FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml", "FileAvailable--etc-kubernetes-manifests-etcd.yaml"),
    "FileAvailable--etc-kubernetes-manifests-kube-controller-manager.yaml",
    "FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml",
    *("DirAvailable--var-lib-etcd", "Port-6443", "Port-10250", "Port-10257", "Port-10259", "Port-2379", "Port-2380"),
)

_PHASE = re.compile(r"\[([a-z][a-z-]+(?:/[a-z-]+)?)\]")
_PREFLIGHT = re.compile(r"\[ERROR ([A-Za-z0-9_.-]+)\]: (.+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TOKEN = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")

# Seconds that a phase of kubeadm may last before it is a wait, and said.
LONG_PHASE = 30.0

# How many of the last lines a failure is read from, and how many of them it quotes when nothing better is known.
_KEPT = 200
_QUOTED = 3


@dataclass(frozen=True)
class Known:
    """A fragment of kubeadm's own message, and what it means to people."""

    fragment: str
    reason: str
    hint: str


NAME_TAKEN = Known(
    "already exists in the cluster",
    "a Ready node of this name is in the cluster already",
    "give this machine another name. If it takes the place of a dead one, it joins by itself once that one is no longer Ready",
)

_KNOWN = (
    NAME_TAKEN,
    Known(
        "or it has expired",
        "the join token is not known to the cluster: it has expired, or is another cluster's",
        "`kimg token` mints a new one; give this machine the seed that it renders and reboot",
    ),
    Known(
        "could not find a JWS signature",
        "the join token is not known to the cluster: it has expired, or is another cluster's",
        "`kimg token` mints a new one; give this machine the seed that it renders and reboot",
    ),
    Known(
        "failed to verify JWS signature",
        "the join token's secret half is not the one that the cluster knows",
        "`kimg token` mints a new one; give this machine the seed that it renders and reboot",
    ),
    Known(
        "none of the public keys",
        "the API server's CA is not the one that the seed names",
        "compare endpoint and secrets of cluster.yaml with what runs there",
    ),
    Known(
        "no space left on device",
        "the disk is full",
        "`df -h` and `du -x -d 2 /var` show by what; then reboot",
    ),
    Known(
        "x509: certificate has expired or is not yet valid",
        "a certificate is not valid at the time that this machine's clock shows",
        "compare the clocks of this machine and of the masters",
    ),
)


class NameTaken(PhaseFailed):
    """A Ready Node has this machine's name: another machine's, or that of its earlier life, which the cluster will miss soon."""


def init(config: str) -> tuple[str, ...]:
    """Also when it was cut off before: kubeadm takes up what is there, except for the files that `staging.clear_derived` removes."""
    ignored = f"--ignore-preflight-errors={','.join(_LEFTOVERS)}"
    return ("kubeadm", "init", f"--config={config}", "--skip-token-print", ignored)


def join(config: str) -> tuple[str, ...]:
    return ("kubeadm", "join", f"--config={config}")


def mark(config: str) -> tuple[str, ...]:
    """The last thing that a master's join does: label and taint of its Node."""
    return ("kubeadm", "join", "phase", "control-plane-join", "mark-control-plane", f"--config={config}")


# Its etcd phase is left out: whether a member may be removed is this agent's to decide.
CLEAN_UP = ("kubeadm", "reset", "phase", "cleanup-node", "--cri-socket=unix:///run/containerd/containerd.sock")


def run(system: System, progress: Progress, command: Sequence[str]) -> None:
    """PhaseFailed when kubeadm fails, NameTaken when that is why.

    While it runs everything is synced each second: what etcd counts on must outlive a power cut.
    """
    listener = _Listener(system, progress, " ".join(command[:2]))
    status = system.stream(command, listener.hear, listener.each_second)
    system.sync()
    if status != 0:
        kind = NameTaken if NAME_TAKEN.fragment in "\n".join(listener.heard) else PhaseFailed
        raise kind(explain(" ".join(command[:2]), status, listener.heard))


class _Listener:
    """Keeps what kubeadm said last, and tells where it stands when that does not change for long."""

    def __init__(self, system: System, progress: Progress, doing: str) -> None:
        self.heard: list[str] = []
        self._system, self._progress, self._doing = system, progress, doing
        self._phase, self._since, self._announcer = "", system.monotonic(), Announcer()

    def hear(self, line: str) -> None:
        text = without_tokens(_plain(line))
        self._system.write_output(f"kubeadm: {text}", DEBUG)
        self.heard.append(text)
        del self.heard[:-_KEPT]
        phase = _PHASE.match(text)
        if phase and phase.group(1) != self._phase:
            self._phase, self._since = phase.group(1), self._system.monotonic()
            self._progress.going_on(f"kubeadm {self._phase}")

    def each_second(self) -> None:
        self._system.sync()
        now = self._system.monotonic()
        if now - self._since >= LONG_PHASE:
            reason = f"it is in its phase {self._phase}" if self._phase else "it has not begun a phase"
            hint = "`journalctl -u kimg-agent -u kubelet -u containerd`"
            self._progress.waiting(self._doing, reason, hint, now - self._since, self._announcer.is_due(reason, now), ())


def without_tokens(text: str) -> str:
    """Whatever a program prints, a join token does not come through."""
    return _TOKEN.sub("<token>", text)


def _plain(line: str) -> str:
    """Without colours (ECMA-48, SGR)."""
    return printable(_COLOUR.sub("", line))


def explain(doing: str, status: int, heard: Sequence[str]) -> Failure:
    """The cause in words for people. Pure."""
    text = "\n".join(heard)
    preflight = [f"{name}: {what}" for name, what in _PREFLIGHT.findall(text)]
    if preflight:
        hint = "kubeadm's own preflight refuses this machine; `journalctl -u kimg-agent` has its words"
        return Failure(f"{doing}: {'; '.join(preflight)}", hint)
    for known in _KNOWN:
        if known.fragment in text:
            return Failure(f"{doing}: {known.reason}", known.hint)
    lines = [line for line in heard if line.strip() and not line.startswith(("\t", "To see the stack trace"))]
    errors = [line for line in lines if line.lower().startswith(("error", "fatal"))] or lines
    quoted = " | ".join(errors[-_QUOTED:]) or f"ended with {status} without a word"
    return Failure(f"{doing} ended with {status}: {quoted}", "`journalctl -u kimg-agent -u kubelet -u containerd` has the rest")
