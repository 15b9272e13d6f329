"""A node whose join was cut off when it was as good as done: whether that is so, and the rest of the way."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.assembly import join_token
from kimg_agent.assembly.add_ons import wait_for_api, wait_for_etcd
from kimg_agent.assembly.context import Context
from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.seal import Seal
from kimg_agent.kubernetes import kubeadm, kubectl
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.node import CONTROL_PLANES
from kimg_agent.state import steps

NODE_LIMIT = 600.0

_KUBELET = (paths.KUBELET + "/config.yaml", paths.KUBELET + "/kubeadm-flags.env", paths.KUBERNETES_PKI + "/ca.crt")
_STATIC_PODS = tuple(
    f"{paths.STATIC_PODS}/{name}.yaml" for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
)


def is_whole(system: System, control_plane: bool) -> bool:
    """Every file that the kubelet starts from has content: after a power cut it may exist with none."""
    wanted = [*_KUBELET, *(_STATIC_PODS if control_plane else ())]
    present = all(_has_content(system, path) for path in wanted)
    certificates = system.list_files(paths.KUBERNETES_PKI) if control_plane else []
    credentials = (paths.KUBELET_CREDENTIALS, paths.BOOTSTRAP_CREDENTIALS)
    return present and all(_has_content(system, path) for path in certificates) and any(_has_content(system, path) for path in credentials)


def _has_content(system: System, path: str) -> bool:
    try:
        return bool(system.read(path, 1))
    except OSError:
        return False


def is_known(system: System, name: str) -> bool:
    """The API server has a Node of this name, and takes this kubelet's certificate for it."""
    return kubectl.read_json(system, (*kubectl.with_kubeconfig(paths.KUBELET_CREDENTIALS), "get", "node", name, "--output=json")) is not None


@dataclass(frozen=True)
class Finish:
    context: Context
    name = "finish joining"

    def run(self, system: System, progress: Progress) -> Step:
        progress.did("the join was cut off when this machine was a member already: it is finished")
        system.run(["systemctl", "start", "kubelet.service"])
        if self.context.node.bootstrap in CONTROL_PLANES:
            wait_for_etcd(system, progress, self.context.name)
            wait_for_api(system, progress, self.context.node.api_port)
        self._wait_for_node(system, progress)
        if self.context.node.bootstrap in CONTROL_PLANES:
            # kubeadm reads the cluster's configuration by the way of its seed, token and all.
            join_token.settle(system, progress, self.context)
            kubeadm.run(system, progress, kubeadm.mark(self.context.node.join_config))
        steps.write_step(system, steps.MEMBER)
        return Seal()

    def _wait_for_node(self, system: System, progress: Progress) -> None:
        def look(_: float) -> Look:
            return Look(is_known(system, self.context.name), "the API server knows no Node of this name yet")

        if not wait_until(system, progress, "this machine's Node", look, NODE_LIMIT).good:
            raise PhaseFailed(Failure("the kubelet does not register this machine's Node", "`journalctl -u kubelet`"))
