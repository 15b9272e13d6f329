"""kubeadm init, begun or taken up again. Nothing here removes etcd's data: others may have joined while this machine was down."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.assembly.add_ons import AddOns
from kimg_agent.assembly.context import Context
from kimg_agent.assembly.phase import Step
from kimg_agent.kubernetes import kubeadm
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.progress import Progress
from kimg_agent.state import staging, steps


@dataclass(frozen=True)
class Initialise:
    context: Context
    name = "init"

    def run(self, system: System, progress: Progress) -> Step:
        start = system.monotonic()
        if steps.read_step(system) == steps.INIT:
            progress.did("kubeadm init was begun here before: it is taken up again")
            system.run(["systemctl", "stop", "kubelet.service"])
        steps.write_step(system, steps.INIT)
        staging.clear_derived(system)
        staging.lay_out_pki(system)
        kubeadm.run(system, progress, kubeadm.init(self.context.node.kubeadm_config))
        steps.write_step(system, steps.INITIALISED)
        progress.did(f"kubeadm init: done in {duration(system.monotonic() - start)}")
        return AddOns(self.context)
