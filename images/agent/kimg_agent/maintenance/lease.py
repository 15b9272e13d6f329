"""One master at a time: a Lease in kube-system that a master holds while it takes its own control plane down.

Taken, kept and given back by kubectl as administrator, through the endpoint: this node's own API server is about to go away. Two
can never hold it, for each change names the resourceVersion that it replaces. A holder that is gone is outlasted, not trusted: the
Lease must have stood unchanged for its whole duration by our own clock, so wrong clocks do no harm (as in client-go's election).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Optional

from kimg_agent.kubernetes import kubectl
from kimg_agent.maintenance.timers import MaintenanceFailed
from kimg_agent.outside import paths
from kimg_agent.outside.system import Finished, System

NAMESPACE = "kube-system"
NAME = "kimg-certificates"

# Seconds.
DURATION = 600
INTERVAL = 10.0
UNANSWERED_LIMIT = 300.0

_TIMEOUT = 60.0
_KUBECTL = kubectl.with_kubeconfig(paths.ADMIN)


@dataclass(frozen=True)
class Lease:
    # "" when nobody holds it.
    holder: str
    resource_version: str


def parse_lease(text: str) -> Optional[Lease]:
    """None for no output: there is no such Lease. MaintenanceFailed for anything else that is no Lease."""
    if not text.strip():
        return None
    try:
        document = json.loads(text)
        spec = document.get("spec") or {}
        return Lease(str(spec.get("holderIdentity") or ""), str(document["metadata"]["resourceVersion"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise MaintenanceFailed(
            f"the Lease {NAMESPACE}/{NAME} is not what it should be", f"`{_command_for_people('delete')}`"
        ) from None


def document(holder: str, now: datetime, resource_version: str) -> dict[str, Any]:
    """Without a holder it is free; without a resource version it is a new one."""
    metadata = {"name": NAME, "namespace": NAMESPACE}
    if resource_version:
        metadata["resourceVersion"] = resource_version
    spec: dict[str, Any] = {"leaseDurationSeconds": DURATION}
    if holder:
        spec.update(holderIdentity=holder, renewTime=now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


class Turn:
    """This master's turn, once `take` has said so. Not held after `give_back`, or when it could not be kept for its duration."""

    def __init__(self, system: System, holder: str) -> None:
        self._system = system
        self._holder = holder
        self._version = ""
        self._kept = 0.0

    def take(self, limit: float) -> str:
        """Waits for at most `limit` seconds. "" when it is this master's turn, else the name of who holds it.

        MaintenanceFailed when the API server does not answer.
        """
        start = answered = unchanged_since = self._system.monotonic()
        seen: Optional[Lease] = None
        while True:
            now = self._system.monotonic()
            try:
                found = self._read()
                answered = now
            except NoAnswer as error:
                if now - answered >= UNANSWERED_LIMIT:
                    raise MaintenanceFailed(f"the API server does not answer: {error}", "`kimg-agent doctor`") from None
                found = seen
            if found != seen:
                seen, unchanged_since = found, now
            free = found is None or found.holder in ("", self._holder) or now - unchanged_since >= DURATION
            if free and answered == now and self._write(found.resource_version if found else ""):
                return ""
            if now - start >= limit:
                return found.holder if found and found.holder else "nobody, but it cannot be taken"
            self._system.sleep(INTERVAL)

    def keep(self) -> None:
        """Called often while it is held; renews it when a third of its time is over. A failure is tried again by the next call."""
        known = self._version
        if not known or self._system.monotonic() - self._kept < DURATION / 3 or self._write(known):
            return
        if self._still_ours() and self._version != known:
            self._write(self._version)

    def require(self) -> None:
        """Before each step that takes something down. MaintenanceFailed when the turn is over: another master may have begun."""
        start = self._system.monotonic()
        while self._system.monotonic() - self._kept >= DURATION / 2:
            if self._system.monotonic() - start >= UNANSWERED_LIMIT or not self._still_ours():
                raise MaintenanceFailed(
                    "another master may have begun: the Lease could not be kept", "the next run goes on from here"
                )
            if not self._write(self._version):
                self._system.sleep(INTERVAL)

    def give_back(self) -> None:
        """Best effort: after its duration it is free anyway."""
        if self._version:
            self._put(document("", self._system.now(), self._version), "replace")
            self._version = ""

    def _still_ours(self) -> bool:
        try:
            found = self._read()
        except NoAnswer:
            return True
        if found is None or found.holder != self._holder:
            return False
        # An answer to an earlier write may have been lost.
        self._version = found.resource_version
        return True

    def _read(self) -> Optional[Lease]:
        done = self._system.run(
            [*_KUBECTL, "--namespace", NAMESPACE, "get", "lease", NAME, "--ignore-not-found", "--output=json"], _TIMEOUT
        )
        if done.status != 0:
            raise NoAnswer(kubectl.last_words(done))
        return parse_lease(done.out)

    def _write(self, resource_version: str) -> bool:
        """False when another master was faster, or nobody answers."""
        before = self._system.monotonic()
        done = self._put(document(self._holder, self._system.now(), resource_version), "replace" if resource_version else "create")
        if done.status != 0:
            return False
        lease = parse_lease(done.out)
        self._version, self._kept = (lease.resource_version if lease else ""), before
        return bool(self._version)

    def _put(self, lease: dict[str, Any], verb: str) -> Finished:
        return self._system.run([*_KUBECTL, verb, "--filename=-", "--output=json"], _TIMEOUT, given=json.dumps(lease))


class NoAnswer(Exception):
    """kubectl failed; the message is its last words."""


def _command_for_people(verb: str) -> str:
    return f"kubectl --kubeconfig {paths.ADMIN} --namespace {NAMESPACE} {verb} lease {NAME}"
