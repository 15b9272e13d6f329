"""The snapshot that comes with a recovery: found on its drive or in its folder, and its digest compared. Read only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.state.recovery import Recovery

# Not below paths.RUN: the seal overwrites and removes what it finds there.
FOLDER = "/run/kimg-recovery"

_BY_LABEL = "/dev/disk/by-label"
_MOUNT_OPTIONS = "ro,nosuid,nodev,noexec"
# Seconds. A slow drive's gigabytes are read once for this.
_SUM_LIMIT = 3600.0


@contextmanager
def snapshot(system: System, progress: Progress, recovery: Recovery) -> Iterator[str]:
    """The path of the whole snapshot, inside of the block. Waits for its drive; PhaseFailed when it is another file."""
    device = f"{_BY_LABEL}/{recovery.label}"
    _wait_for(system, progress, recovery, device)
    if system.exists(recovery.path):
        _check_sum(system, recovery, recovery.path)
        yield recovery.path
        return
    with _mounted(system, device):
        path = f"{FOLDER}/{recovery.file}"
        _check_sum(system, recovery, path)
        yield path


def _wait_for(system: System, progress: Progress, recovery: Recovery, device: str) -> None:
    def look(_: float) -> Look:
        there = system.exists(recovery.path) or system.exists(device)
        hint = f"attach recovery.iso, which `kimg recover` has put beside the seed, or put the snapshot at {recovery.path}"
        return Look(there, f"no drive has the label {recovery.label}", hint)

    wait_until(system, progress, "the recovery drive", look)


@contextmanager
def _mounted(system: System, device: str) -> Iterator[None]:
    system.make_folder(FOLDER, 0o700)
    system.run(["umount", FOLDER])  # of a life of this agent that was cut off
    done = system.run(["mount", "--types", "iso9660", "--options", _MOUNT_OPTIONS, device, FOLDER])
    if done.status != 0:
        words = (done.err.strip().splitlines() or [f"mount ended with {done.status}"])[-1]
        raise PhaseFailed(
            Failure(f"the recovery drive cannot be mounted: {words}", "attach recovery.iso as it is, as a disk or CD")
        )
    try:
        yield
    finally:
        system.run(["umount", FOLDER])


def _check_sum(system: System, recovery: Recovery, path: str) -> None:
    done = system.run(["sha256sum", "--", path], _SUM_LIMIT)
    if done.status != 0:
        words = (done.err.strip().splitlines() or [f"sha256sum ended with {done.status}"])[-1]
        raise PhaseFailed(Failure(f"the snapshot cannot be read: {words}", "is this the drive that `kimg recover` has written?"))
    if done.out.split()[:1] != [recovery.sha256]:
        hint = "attach the drive that was written together with this seed, or write both anew with `kimg recover`"
        raise PhaseFailed(Failure(f"{path} is not the snapshot that this seed names", hint))
