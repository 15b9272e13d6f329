"""The quorum is lost: this master, and it alone, begins again from a snapshot of etcd. The others join it by their ordinary seeds.

What was restored is another etcd cluster, of one member and with an id of its own, so that no member of the old one takes it
for its own (https://etcd.io/docs/v3.6/op-guide/recovery/). Nothing is begun while anything of the old cluster answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Optional

from kimg_agent.assembly import recovery_drive
from kimg_agent.assembly.add_ons import wait_for_api, wait_for_etcd
from kimg_agent.assembly.context import Context
from kimg_agent.assembly.init_or_join import look_around
from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.seal import Seal
from kimg_agent.decision.choice import Init, Refuse, choose, is_silent
from kimg_agent.etcd import members as etcd
from kimg_agent.kubernetes import kubeadm, kubectl
from kimg_agent.maintenance import etcdutl
from kimg_agent.maintenance.timers import MaintenanceFailed
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import duration
from kimg_agent.reporting.failure import EXIT_SEED, Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.node import Address, InvalidInput, Node, parse_image
from kimg_agent.state import staging, steps
from kimg_agent.state.recovery import BEGUN, CLEARED, DONE, NOTHING, RESTORED, Recovery, parse_moment, read_record, write_step

CONFIG = paths.KUBEADM + "/init.yaml"

# Seconds for the Nodes of the other masters to go.
NODES_LIMIT = 300.0
_CLEAN_UP_LIMIT = 300.0


@dataclass(frozen=True)
class Recover:
    context: Context
    recovery: Recovery
    name = "recover"

    def run(self, system: System, progress: Progress) -> Step:
        start = system.monotonic()
        restored = read_record(system, self.recovery).step == RESTORED
        # Without static pods its etcd never ran, so that nobody can have joined it: another recovery may have been made since.
        if not (restored and system.list_files(paths.STATIC_PODS)):
            self._check_expiry(system)
            self._wait_for_silence(system, progress)
        if not restored:
            self._restore(system, progress)
        self._initialise(system, progress)
        wait_for_api(system, progress, self.context.node.api_port)
        wait_for_etcd(system, progress, self.context.name)
        self._delete_others(system, progress)
        progress.did(f"recover: the cluster of the snapshot runs on this master, after {duration(system.monotonic() - start)}")
        # The manifests of the seed stay aside: the snapshot has what became of them.
        steps.write_step(system, steps.MEMBER)
        write_step(system, self.recovery, DONE)
        return Seal()

    def _check_expiry(self, system: System) -> None:
        if system.now() <= self.recovery.expires:
            return
        reason = f"this seed could restore a snapshot until {self.recovery.expires:%Y-%m-%d %H:%M} UTC, and that is over"
        hint = "`kimg render` makes this machine's ordinary seed; if the quorum is lost again, `kimg recover` makes a new one"
        raise PhaseFailed(Failure(reason, hint, EXIT_SEED))

    def _wait_for_silence(self, system: System, progress: Progress) -> None:
        """PhaseFailed as soon as anything of the cluster, or of another one, answers."""
        rounds = 0

        def look(waited: float) -> Look:
            nonlocal rounds
            rounds += 1
            # Sealed, and with data on its disk: so it is when it recovers, and only then may it begin again.
            seen = replace(
                look_around(system, self.context), own_data=False, sealed=False, silent_rounds=rounds, silent_seconds=waited
            )
            choice = choose(seen)
            if isinstance(choice, Refuse):
                raise PhaseFailed(Failure(choice.reason, choice.hint))
            if not is_silent(seen):
                raise PhaseFailed(_alive(choice.reason))
            return Look(isinstance(choice, Init), choice.reason)

        wait_until(system, progress, "silence", look)

    def _restore(self, system: System, progress: Progress) -> None:
        with recovery_drive.snapshot(system, progress, self.recovery) as snapshot:
            if read_record(system, self.recovery).step in (NOTHING, BEGUN):
                self._clear(system)
            try:
                self._restore_from(system, snapshot)
            except MaintenanceFailed as error:
                raise PhaseFailed(Failure(str(error), error.hint)) from None
        progress.did("etcd: the snapshot is restored, as a cluster of this master alone")

    def _clear(self, system: System) -> None:
        """What an earlier life of this disk has left: nothing of it runs afterwards, and its etcd data is kept aside."""
        write_step(system, self.recovery, BEGUN)
        if any(system.exists(path) for path in (paths.KUBELET_CREDENTIALS, paths.BOOTSTRAP_CREDENTIALS)) or system.list_files(
            paths.STATIC_PODS
        ):
            done = system.run(kubeadm.CLEAN_UP, timeout=_CLEAN_UP_LIMIT)
            if done.status != 0:
                raise PhaseFailed(kubeadm.explain("kubeadm reset", done.status, (done.out + done.err).splitlines()))
        if system.list_folder(paths.ETCD_MEMBER):
            system.rename(paths.ETCD_MEMBER, f"{paths.ETCD}/before-{self.recovery.id}")
        write_step(system, self.recovery, CLEARED)

    def _restore_from(self, system: System, snapshot: str) -> None:
        # Inside of etcd's own folder, which may be a file system of its own: only there a rename is one step.
        beside = f"{paths.ETCD}/restoring-{self.recovery.id}"
        system.make_folder(paths.ETCD, 0o700)
        for path in (beside, paths.ETCD_MEMBER):
            system.remove_tree(path)
        member = etcdutl.FirstMember(
            self.context.name, etcd.peer_url(str(own_address(self.context))), f"kimg-recovery-{self.recovery.id}"
        )
        with etcdutl.mounted(system, _etcd_image(system)) as program:
            etcdutl.restore(system, program, snapshot, beside, member)
        system.sync()
        system.rename(f"{beside}/member", paths.ETCD_MEMBER)
        system.remove_tree(beside)
        write_step(system, self.recovery, RESTORED)

    def _initialise(self, system: System, progress: Progress) -> None:
        """kubeadm init over the restored data, again and again if need be. Its add-ons are in the snapshot, as people left them."""
        start = system.monotonic()
        system.run(["systemctl", "stop", "kubelet.service"])
        staging.clear_derived(system)
        staging.lay_out_pki(system)
        kubeadm.run(system, progress, (*kubeadm.init(CONFIG), "--skip-phases=addon"))
        progress.did(f"kubeadm init: done in {duration(system.monotonic() - start)}")

    def _delete_others(self, system: System, progress: Progress) -> None:
        """The snapshot's Nodes of the other masters: they are gone, or come back as new machines and make their own."""
        begun = read_record(system, self.recovery).begun or system.now()

        def look(_: float) -> Look:
            left = [name for name in self.recovery.others if not self._is_gone(system, name, begun)]
            return Look(not left, f"the Nodes of {', '.join(left)} are still there")

        seen = wait_until(system, progress, "the other masters' Nodes to go", look, NODES_LIMIT)
        if not seen.good:
            raise PhaseFailed(Failure(seen.reason, f"`kubectl --kubeconfig={paths.ADMIN} delete node` shows why"))

    def _is_gone(self, system: System, name: str, begun: datetime) -> bool:
        """Deletes it unless it was heard of since the recovery was begun: then it is a machine that has just joined."""
        command = kubectl.local(self.context.node.api_port)
        done = system.run((*command, "get", "node", name, "--ignore-not-found", "--output=json"), kubectl.TIMEOUT)
        if done.status != 0:
            return False
        node = _object(done.out)
        if node is None:
            return True
        heard = last_heard(node)
        if heard is not None and heard >= begun:
            return True
        # Only as it was seen: it may come back to life in between.
        version = node.get("metadata", {}).get("resourceVersion", "")
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": version}}
        deleted = (*command, "delete", f"--raw=/api/v1/nodes/{name}", "--filename=-")
        return system.run(deleted, kubectl.TIMEOUT, json.dumps(options)).status == 0


def _alive(reason: str) -> Failure:
    hint = (
        "a recovery beside it would make a second cluster. If it is healthy, give this machine its ordinary seed (`kimg render`); "
        "if its quorum is lost, switch off or re-image every other master first"
    )
    return Failure(f"the old cluster still answers: {reason}", hint)


def own_address(context: Context) -> Address:
    """The one that kubeadm gives to this machine's etcd member: that which the seed names, else the one in the node network."""
    node: Node = context.node
    named = [address for address in node.peers if address in context.addresses]
    in_network = [
        address
        for subnet in node.node_subnets
        for address in context.addresses
        if address.version == subnet.version and address in subnet
    ]
    found = [*named, *in_network, *context.addresses]
    if not found:
        raise PhaseFailed(Failure("this machine has no address", "look at network-config in the seed and at `ip address`"))
    return found[0]


def _etcd_image(system: System) -> str:
    """Of the image that this machine was made from: a fresh disk has no static pod yet that names one."""
    try:
        images = parse_image(system.read(paths.IMAGE)).container_images
    except (OSError, InvalidInput) as error:
        raise MaintenanceFailed(f"{paths.IMAGE}: {error}", "build the image again with `kimg build`") from None
    found = [image for image in images if image.rpartition(":")[0].rpartition("/")[2] == "etcd"]
    if not found:
        raise MaintenanceFailed("this machine's image holds no etcd", "a master's image is needed: `kimg build`")
    return found[0]


def _object(text: str) -> Optional[dict[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def last_heard(node: dict[str, Any]) -> Optional[datetime]:
    """When the Node was made, or when its kubelet last wrote one of its conditions, whatever came later."""
    conditions = node.get("status", {}).get("conditions", [])
    texts = [node.get("metadata", {}).get("creationTimestamp"), *[each.get("lastHeartbeatTime") for each in conditions]]
    moments = [moment for text in texts if isinstance(text, str) and (moment := parse_moment(text))]
    return max(moments, default=None)
