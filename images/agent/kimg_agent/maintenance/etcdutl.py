"""etcdutl, out of etcd's container image: that is in containerd on every control plane, in the version of its etcd, and no network
is needed. It runs on the node as it is (a static program), not in a container.

Each mount has a folder of its own name: containerd 2.x keeps `ctr images mount` under the name of its target until its own garbage
collection, so a second mount at the same place fails with "already exists" even after the first one was unmounted.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator, Optional

from kimg_agent.maintenance.timers import MaintenanceFailed
from kimg_agent.outside import paths
from kimg_agent.outside.system import Finished, System

_CTR = ("ctr", "--namespace", "k8s.io")
_MOUNTS = "/run/kimg-etcdutl"
_PROGRAM = "usr/local/bin/etcdutl"
_IMAGE = re.compile(rb"""^\s*(?:-\s+)?image:\s*["']?([^\s"']+)""", re.MULTILINE)

# Seconds. A restore reads and writes the whole database.
_MOUNT_LIMIT = 120.0
_RUN_LIMIT = 1800.0


@dataclass(frozen=True)
class SnapshotFacts:
    """Of a snapshot file, as `etcdutl snapshot status` has them."""

    revision: int
    keys: int


@dataclass(frozen=True)
class FirstMember:
    """The one member of the cluster that a snapshot is restored as."""

    name: str
    peer_url: str
    # Makes the ids of cluster and member others than those of the cluster that the snapshot is of.
    token: str


# Those who watch have seen higher revisions than the snapshot's, and would wait for what never comes: kubernetes.io, "Operating
# etcd clusters", restoring. More than any cluster writes between its snapshot and its end.
_REVISIONS_AHEAD = 1_000_000_000


@contextmanager
def mounted(system: System, image: str = "") -> Iterator[str]:
    """The path of the program, inside of the block: out of this image, else of the one that this node's etcd runs from.

    MaintenanceFailed when it cannot be had.
    """
    image = image or _image(system)
    target = f"{_MOUNTS}/{system.random_text()[:16]}"
    system.make_folder(_MOUNTS, 0o700)
    system.make_folder(target, 0o700)
    try:
        done = system.run([*_CTR, "images", "mount", image, target], _MOUNT_LIMIT)
        if done.status != 0:
            raise MaintenanceFailed(f"{image} cannot be mounted: {_last_words(done)}", "`ctr -n k8s.io images ls`")
        yield f"{target}/{_PROGRAM}"
    finally:
        unmounted = system.run([*_CTR, "images", "unmount", "--rm", target], _MOUNT_LIMIT)
        if unmounted.status == 0:
            system.remove_tree(target)


def _image(system: System) -> str:
    """The one that this node's etcd runs from."""
    manifest = f"{paths.STATIC_PODS}/etcd.yaml"
    try:
        found = _IMAGE.search(system.read(manifest))
    except OSError as error:
        raise MaintenanceFailed(f"{manifest}: {(error.strerror or 'cannot be read').lower()}", "is this a control plane?") from None
    if not found:
        raise MaintenanceFailed(f"{manifest}: no image in it", "kubeadm writes it; `kubeadm init phase etcd local` writes it again")
    return found.group(1).decode("utf-8", "replace")


def restore(system: System, program: str, snapshot: str, data_folder: str, member: Optional[FirstMember] = None) -> None:
    """Makes a member's data out of a snapshot; etcdutl compares its digest on the way. The folder must not be there.

    Without a member it is only a proof that it can be done.
    """
    identity = _identity(member) if member else ()
    done = system.run([program, "snapshot", "restore", snapshot, "--data-dir", data_folder, *identity], _RUN_LIMIT)
    if done.status != 0:
        raise MaintenanceFailed(f"the snapshot cannot be restored: {_last_words(done)}", "`kimg-agent doctor`; is the disk sound?")


def _identity(member: FirstMember) -> tuple[str, ...]:
    return (
        f"--name={member.name}",
        f"--initial-cluster={member.name}={member.peer_url}",
        f"--initial-advertise-peer-urls={member.peer_url}",
        f"--initial-cluster-token={member.token}",
        f"--bump-revision={_REVISIONS_AHEAD}",
        "--mark-compacted",
    )


def read_facts(system: System, program: str, snapshot: str) -> SnapshotFacts:
    """MaintenanceFailed when it is not a whole snapshot."""
    done = system.run([program, "snapshot", "status", snapshot, "--write-out", "json"], _RUN_LIMIT)
    if done.status != 0:
        raise MaintenanceFailed(f"the snapshot is damaged: {_last_words(done)}", "`kimg-agent doctor`; is the disk sound?")
    try:
        document = json.loads(done.out)
        return SnapshotFacts(int(document["revision"]), int(document["totalKey"]))
    except (ValueError, KeyError, TypeError):
        raise MaintenanceFailed("etcdutl snapshot status: not the output that etcdutl is known to write", "") from None


def _last_words(done: Finished) -> str:
    """etcdutl logs JSON lines; its last line is the error in words."""
    lines = [line for line in (done.err + done.out).splitlines() if line.strip()]
    return lines[-1] if lines else f"ended with {done.status}"
