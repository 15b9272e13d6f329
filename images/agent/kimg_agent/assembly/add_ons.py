"""After kubeadm init: the manifests of the seed, in the order of their names, and a look at etcd. All of it may be done again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kimg_agent.assembly.context import Context
from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.seal import Seal
from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import EtcdError
from kimg_agent.kubernetes import kubectl
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import counted
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.state import steps

# Seconds. An API server comes up within minutes on the slowest machines; a manifest may need its own CRDs to be established first.
API_LIMIT = 1200.0
MANIFEST_LIMIT = 300.0
_APPLY_TIMEOUT = 120.0

# Server-side apply quotes a value of the wrong type: `.stringData.pin: expected string, got &{1234}`.
_SECRET = re.compile(rb"""\bkind["']?\s*:\s*["']?Secret\b""")


@dataclass(frozen=True)
class AddOns:
    context: Context
    name = "add-ons"

    def run(self, system: System, progress: Progress) -> Step:
        wait_for_api(system, progress, self.context.node.api_port)
        wait_for_etcd(system, progress, self.context.name)
        manifests = [path for path in system.list_files(paths.MANIFESTS) if path.endswith((".yaml", ".yml", ".json"))]
        for path in manifests:
            self._apply(system, progress, path)
        progress.did(f"add-ons: {counted(len(manifests), 'manifest')} applied")
        steps.write_step(system, steps.MEMBER)
        return Seal()

    def _apply(self, system: System, progress: Progress, path: str) -> None:
        command = (*kubectl.local(self.context.node.api_port), "apply", "--server-side", "--force-conflicts", f"--filename={path}")
        secret = _SECRET.search(system.read(path)) is not None

        def look(_: float) -> Look:
            done = system.run(command, _APPLY_TIMEOUT)
            if done.status == 0:
                return Look(True, "applied")
            return Look(False, "cannot be applied; why is not repeated here, as it has a Secret" if secret else kubectl.last_words(done))

        seen = wait_until(system, progress, path, look, MANIFEST_LIMIT)
        if not seen.good:
            hint = f"correct the manifest in cluster.yaml; the cluster stands, and `kubectl apply -f {path}` shows the error"
            raise PhaseFailed(Failure(f"{path}: {seen.reason}", hint))


def wait_for_api(system: System, progress: Progress, api_port: int) -> None:
    """This machine's own API server."""
    command = (*kubectl.local(api_port), "get", "--raw=/readyz")

    def look(_: float) -> Look:
        done = system.run(command)
        return Look(done.status == 0, kubectl.last_words(done) if done.status else "ready")

    seen = wait_until(system, progress, "this machine's API server", look, API_LIMIT)
    if not seen.good:
        raise PhaseFailed(Failure(f"this machine's API server does not come up: {seen.reason}", "`journalctl -u kubelet -u containerd`"))


def wait_for_etcd(system: System, progress: Progress, name: str) -> None:
    """Until this machine's own member has started and votes."""

    def look(_: float) -> Look:
        try:
            members = etcd.list_members(system, etcd.local_endpoint(system), etcd.KUBEADM_ACCESS)
        except EtcdError as error:
            return Look(False, str(error))
        own = etcd.own_member(members, name, ())
        voting = own is not None and not own.learner and not etcd.unstarted(own)
        return Look(voting, counted(len(etcd.voters(members)), "voter") if voting else "this machine's member does not vote yet")

    seen = wait_until(system, progress, "this machine's etcd member", look, API_LIMIT)
    if not seen.good:
        raise PhaseFailed(Failure(f"etcd: {seen.reason}", "`crictl ps -a`, `journalctl -u kubelet`, files in /var/log/pods"))
    progress.did(f"etcd: {seen.reason}")
