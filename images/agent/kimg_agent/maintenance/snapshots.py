"""Snapshots of etcd: taken on the leader only, each proven by restoring it, the newest kept, and handed to an upload command.

A file ends in .db only when it has been restored once; whatever else is in the folder was cut off and is removed by the next run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Optional, Sequence

from kimg_agent.etcd import members as etcd
from kimg_agent.etcd.gateway import EtcdError
from kimg_agent.etcd.members import Status
from kimg_agent.maintenance import etcdutl
from kimg_agent.maintenance.timers import (
    DONE,
    FAILED,
    SNAPSHOTS_OFF,
    SNAPSHOTS_STATE,
    WAITING,
    MaintenanceFailed,
    Settings,
    log,
    read_state,
    write_state,
)
from kimg_agent.outside.disk import Disk
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import ERROR, WARNING

FOLDER = "/var/lib/kimg/snapshots"

UPLOAD_LIMIT = 3600.0  # seconds

_PART = f"{FOLDER}/snapshot.part"
_SCRATCH = f"{FOLDER}/restored"
_NAME = re.compile(r"(\d{8}T\d{6}Z)-r(\d+)\.db")
_STAMP = "%Y%m%dT%H%M%SZ"
# A snapshot, what is restored from it (a database and a write-ahead log of 64 MB), and what etcd itself may write meanwhile.
_SPACE_FACTOR = 2
_SPACE_EXTRA = 512 << 20


@dataclass(frozen=True)
class Snapshot:
    name: str
    # By this machine's clock.
    taken: datetime
    # Of etcd: it only rises, also when a cluster begins again from a snapshot.
    revision: int

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.name}"


def parse_names(names: Sequence[str]) -> tuple[Snapshot, ...]:
    """The snapshots among the names, the oldest first: by their revisions, for a clock may have been wrong."""
    found = [match for name in names if (match := _NAME.fullmatch(name))]
    snapshots = [
        Snapshot(match[0], datetime.strptime(match[1], _STAMP).replace(tzinfo=timezone.utc), int(match[2])) for match in found
    ]
    return tuple(sorted(snapshots, key=lambda snapshot: (snapshot.revision, snapshot.name)))


def is_due(snapshots: Sequence[Snapshot], now: datetime, interval: float) -> bool:
    """Those of the future do not count: a clock was wrong, and nobody knows how old they are."""
    return all(not 0 <= (now - snapshot.taken).total_seconds() < interval for snapshot in snapshots)


def surplus(snapshots: Sequence[Snapshot], keep: int) -> tuple[Snapshot, ...]:
    return tuple(snapshots[: max(0, len(snapshots) - keep)])


def missing_space(db_size: int, free: int) -> int:
    """Bytes that have to be freed first; 0 when there is room."""
    return max(0, db_size * _SPACE_FACTOR + _SPACE_EXTRA - free)


def list_snapshots(system: System) -> tuple[Snapshot, ...]:
    return parse_names(system.list_folder(FOLDER))


def run_snapshots(system: System, disk: Disk, settings: Settings, at_once: bool = False) -> int:
    """One look, and a snapshot if it is time for one. The exit code: 0 when all is well, also when it is another node's work."""
    if not (settings.snapshots_on or at_once):
        log(system, f"snapshots of etcd: {SNAPSHOTS_OFF}; `kimg-agent snapshot --now` takes one")
        return 0
    try:
        system.make_folder(FOLDER, 0o700)
        _remove_remains(system)
        if at_once or is_due(list_snapshots(system), system.now(), settings.snapshot_interval):
            _take_if_leader(system, disk, settings)
        _upload_if_missing(system, settings)
        return 0
    except (MaintenanceFailed, EtcdError) as error:
        return _failed(system, str(error), getattr(error, "hint", "`kimg-agent doctor` says what is wrong with etcd"))
    except OSError as error:
        return _failed(system, f"{error.filename or FOLDER}: {(error.strerror or 'failed').lower()}", f"`df -h {FOLDER}`")


def _failed(system: System, reason: str, hint: str) -> int:
    log(system, f"no snapshot of etcd: {reason}", ERROR)
    if hint:
        log(system, f"  hint: {hint}", ERROR)
    _note(system, FAILED, reason, hint)
    return 1


def _remove_remains(system: System) -> None:
    for path in (_PART, _SCRATCH):
        system.remove_tree(path)


def _take_if_leader(system: System, disk: Disk, settings: Settings) -> None:
    status = etcd.read_status(system, etcd.local_endpoint(system), etcd.KUBEADM_ACCESS)
    if status.leader != status.member_id:
        _note(system, WAITING, "another member is etcd's leader and takes the snapshots" if status.leader else "etcd has no leader")
        return
    _check_space(disk, status)
    snapshot, facts = _take(system, disk)
    log(system, f"snapshot of etcd taken and restored: {snapshot.path}, revision {facts['revision']}, {facts['bytes']} bytes")
    _note(system, DONE, last=facts)
    others = [other for other in list_snapshots(system) if other.name != snapshot.name]
    for old in surplus(others, settings.snapshots_kept - 1):
        system.remove_tree(old.path)


def _check_space(disk: Disk, status: Status) -> None:
    missing = missing_space(status.db_size, disk.space(FOLDER).free)
    if missing:
        hint = f"`df -h {FOLDER}`; keep fewer snapshots (snapshots.keep) or upload and remove them"
        raise MaintenanceFailed(f"{missing >> 20} MiB more of free disk space are needed", hint)


def _take(system: System, disk: Disk) -> tuple[Snapshot, dict[str, Any]]:
    taken = system.now()
    try:
        size = disk.write(_PART, etcd.stream_snapshot(system, etcd.local_endpoint(system), etcd.KUBEADM_ACCESS), 0o600)
        with etcdutl.mounted(system) as program:
            facts = etcdutl.read_facts(system, program, _PART)
            etcdutl.restore(system, program, _PART, _SCRATCH)
        snapshot = Snapshot(f"{taken.strftime(_STAMP)}-r{facts.revision}.db", taken.replace(microsecond=0), facts.revision)
        disk.rename(_PART, snapshot.path)
    finally:
        _remove_remains(system)
    return snapshot, {"file": snapshot.path, "bytes": size, "revision": facts.revision, "keys": facts.keys, "uploaded": False}


def _upload_if_missing(system: System, settings: Settings) -> None:
    """Of the newest one, again at each run until it works. The command's own words stay unheard: they may hold credentials."""
    last = _last(system)
    if not settings.upload or not last or last.get("uploaded") or not system.exists(str(last.get("file"))):
        return
    done = system.run([*settings.upload, str(last["file"])], UPLOAD_LIMIT)
    if done.status != 0:
        hint = "run snapshots.upload of /etc/kimg/maintenance.json by hand with a snapshot's path"
        raise MaintenanceFailed(f"the upload command ended with {done.status}; the snapshot itself is good", hint)
    log(system, f"snapshot of etcd uploaded: {last['file']}")
    _note(system, DONE, last={**last, "uploaded": True})


def _last(system: System) -> Optional[dict[str, Any]]:
    last = read_state(system, SNAPSHOTS_STATE).get("last")
    return last if isinstance(last, dict) else None


def _note(system: System, outcome: str, reason: str = "", hint: str = "", last: Optional[dict[str, Any]] = None) -> None:
    """Not written again when only the time is new: this runs every few minutes."""
    before = read_state(system, SNAPSHOTS_STATE)
    document = {"outcome": outcome, "reason": reason, "hint": hint, "last": last or _last(system)}
    if all(before.get(key) == value for key, value in document.items()) and before:
        return
    try:
        write_state(system, SNAPSHOTS_STATE, document)
    except OSError as error:
        log(system, f"{SNAPSHOTS_STATE}: {(error.strerror or 'cannot be written').lower()}", WARNING)
