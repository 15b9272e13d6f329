"""kubeadm init, begun or taken up again. Nothing here removes etcd's data: others may have joined while this machine was down."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent import kubeadm, staging, state
from kimg_agent.add_ons import AddOns
from kimg_agent.console import duration
from kimg_agent.context import Context
from kimg_agent.phase import Step
from kimg_agent.progress import Progress
from kimg_agent.system import System


@dataclass(frozen=True)
class Initialise:
    context: Context
    name = "init"

    def run(self, system: System, progress: Progress) -> Step:
        start = system.monotonic()
        if state.read_step(system) == state.INIT:
            progress.did("kubeadm init was begun here before: it is taken up again")
            system.run(["systemctl", "stop", "kubelet.service"])
        state.write_step(system, state.INIT)
        staging.clear_derived(system)
        staging.lay_out_pki(system)
        kubeadm.run(system, progress, kubeadm.init(self.context.node.kubeadm_config))
        state.write_step(system, state.INITIALISED)
        progress.did(f"kubeadm init: done in {duration(system.monotonic() - start)}")
        return AddOns(self.context)
