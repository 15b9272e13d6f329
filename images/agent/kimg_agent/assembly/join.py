"""kubeadm join, of workers and of masters, begun or taken up again after it was cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from kimg_agent.assembly import join_token, joined
from kimg_agent.assembly.add_ons import wait_for_etcd
from kimg_agent.assembly.context import Context
from kimg_agent.assembly.etcd_members import EtcdMembers, observe
from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.seal import Seal
from kimg_agent.decision.membership import JoinAnew, Resume, Stuck, judge
from kimg_agent.etcd import members as etcd
from kimg_agent.kubernetes import kubeadm, kubectl
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.node import CONTROL_PLANES
from kimg_agent.state import credentials, staging, steps

# Seconds. The etcd member list is asked again for as long as its members come up.
ETCD_LIMIT = 300.0
# A Node whose machine is gone stays Ready for kube-controller-manager's --node-monitor-grace-period, 40 or 50 seconds by its version.
# Who is Ready for longer is another machine.
NAME_LIMIT = 90.0
# Masters that see the endpoint in the same second go one after the other: etcd admits one learner at a time.
STAGGER = 3.0

_OLD_NODE = "the old Node object of this name to be NotReady"
_READY = """--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}"""


@dataclass(frozen=True)
class Join:
    context: Context
    name = "join"

    def run(self, system: System, progress: Progress) -> Step:
        start = system.monotonic()
        if self._is_control_plane:
            if steps.read_step(system) == steps.NOTHING:
                system.sleep(STAGGER * max(self.context.node.ordinal - 1, 0) + system.random_fraction())
            credentials.make(system, self.context.node.endpoint, self.context.kubernetes)
            if self._settle_etcd(system, progress):
                return joined.Finish(self.context)
        elif steps.read_step(system) == steps.JOIN and _is_a_worker_already(self.context, system):
            # Before the wait for the cluster nobody may have been there to say so.
            return joined.Finish(self.context)
        if self._clear(system):
            progress.did("cleared what an earlier attempt has left")
        join_token.settle(system, progress, self.context)
        steps.write_step(system, steps.JOIN)
        self._run_kubeadm(system, progress)
        progress.did(f"kubeadm join: done in {duration(system.monotonic() - start)}")
        if self._is_control_plane:
            wait_for_etcd(system, progress, self.context.name)
        steps.write_step(system, steps.MEMBER)
        return Seal()

    @property
    def _is_control_plane(self) -> bool:
        return self.context.node.bootstrap in CONTROL_PLANES

    def _settle_etcd(self, system: System, progress: Progress) -> bool:
        """True when this machine is a voter that only has to be started."""
        seen: list[EtcdMembers] = []

        def look(_: float) -> Look:
            seen.append(observe(system, self.context, credentials.ETCD))
            action = judge(seen[-1].seen)
            return Look(not isinstance(action, Stuck), action.reason, action.hint if isinstance(action, Stuck) else "")

        wait_until(system, progress, "etcd", look, ETCD_LIMIT)
        action = judge(seen[-1].seen)
        if isinstance(action, Stuck):
            raise PhaseFailed(Failure(f"etcd: {action.reason}", action.hint))
        if isinstance(action, Resume):
            return True
        self._remove_member(system, progress, action, seen[-1])
        return False

    def _remove_member(self, system: System, progress: Progress, action: JoinAnew, found: EtcdMembers) -> None:
        if action.remove is None:
            return
        if not action.remove.learner:
            self._wait_for_the_node_to_be_missed(system, progress)
        # The etcd of this disk must not run while its member goes, nor after.
        system.run(["systemctl", "stop", "kubelet.service"])
        assert found.endpoint is not None
        try:
            etcd.remove_member(system, found.endpoint, credentials.ETCD, action.remove.id)
        except etcd.EtcdError as error:
            raise PhaseFailed(Failure(f"etcd does not remove this machine's old member: {error}", "it is tried again")) from None
        progress.did(f"etcd: removed this machine's old member ({action.reason})")

    def _wait_for_the_node_to_be_missed(self, system: System, progress: Progress) -> None:
        """A voter that does not answer just now may be another machine's of this name, which runs on. kubeadm asks the same, later."""
        command = (*kubectl.with_kubeconfig(credentials.ADMIN), "get", "node", self.context.name, "--ignore-not-found", _READY)

        def look(_: float) -> Look:
            done = system.run(command, kubectl.TIMEOUT)
            if done.status != 0:
                return Look(False, kubectl.last_words(done))
            return Look(done.out.strip() != "True", kubeadm.NAME_TAKEN.reason, kubeadm.NAME_TAKEN.hint)

        seen = wait_until(system, progress, _OLD_NODE, look, NAME_LIMIT)
        if not seen.good:
            raise PhaseFailed(Failure(seen.reason, seen.hint or "it is tried again"))

    def _run_kubeadm(self, system: System, progress: Progress) -> None:
        """Again while the name is taken, by this machine's earlier life most likely. kubeadm finds that before it touches etcd:
        cmd/kubeadm/app/cmd/phases/join/kubelet.go.
        """
        refusals: list[kubeadm.NameTaken] = []

        def look(_: float) -> Look:
            if refusals:
                self._clear(system)
            staging.lay_out_pki(system)
            try:
                kubeadm.run(system, progress, kubeadm.join(self.context.node.join_config))
            except kubeadm.NameTaken as refusal:
                refusals.append(refusal)
                return Look(False, refusal.failure.reason, refusal.failure.hint)
            return Look(True, "")

        if not wait_until(system, progress, _OLD_NODE, look, NAME_LIMIT).good:
            raise refusals[-1]

    def _clear(self, system: System) -> bool:
        """Whatever a join that was cut off, or an earlier life of this disk, has left: kubeadm takes none of it up. False: nothing."""
        leftovers = [paths.KUBELET_CREDENTIALS, paths.BOOTSTRAP_CREDENTIALS, *system.list_files(paths.STATIC_PODS)]
        dirty = any(system.exists(path) for path in leftovers) or bool(system.list_files(paths.ETCD))
        if not dirty and steps.read_step(system) == steps.NOTHING:
            return False
        done = system.run(kubeadm.CLEAN_UP, timeout=300.0)
        if done.status != 0:
            raise PhaseFailed(kubeadm.explain("kubeadm reset", done.status, (done.out + done.err).splitlines()))
        for name in system.list_folder(paths.ETCD):
            system.remove_tree(f"{paths.ETCD}/{name}")
        return True


def after_a_cut(context: Context, system: System) -> Optional[Step]:
    """The next phase of a join that was begun in an earlier life of the agent, if it needs no endpoint; else None."""
    if context.node.bootstrap in CONTROL_PLANES:
        credentials.make(system, context.node.endpoint, context.kubernetes)
        found = observe(system, context, credentials.ETCD)
        return joined.Finish(context) if isinstance(judge(found.seen), Resume) else None
    return joined.Finish(context) if _is_a_worker_already(context, system) else None


def _is_a_worker_already(context: Context, system: System) -> bool:
    return joined.is_whole(system, control_plane=False) and joined.is_known(system, context.name)
