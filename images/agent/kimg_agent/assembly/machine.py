"""The state machine: runs one phase after the other until one stops or fails. Knows no phase but the first."""

from __future__ import annotations

import errno
import sys
import traceback
from typing import Optional

from kimg_agent.assembly.phase import Step
from kimg_agent.assembly.preflight import Preflight
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import ERROR, duration, say
from kimg_agent.reporting.failure import EXIT_BUG, Failure, PhaseFailed, pause_before_retry
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.report import Stop

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


def run_agent(system: System) -> int:
    """The process's exit code: 0 when stopped, else the failure's."""
    progress = Progress(system)
    try:
        progress.stopped(_run_phases(Preflight(), system, progress))
        return 0
    except PhaseFailed as error:
        failure = error.failure
    except Exception as error:
        failure = _disk_failure(error) or _bug(error)
    return _give_up(system, progress, failure)


def _run_phases(first: Step, system: System, progress: Progress) -> Stop:
    step = first
    while not isinstance(step, Stop):
        progress.enter(step.name)
        step = step.run(system, progress)
    return step


def _give_up(system: System, progress: Progress, failure: Failure) -> int:
    """Holds before it exits: the console stays readable, and `systemctl restart` by a person still acts at once."""
    attempts = progress.failed(failure)
    if not failure.retried:
        say(system, "  not tried again: it takes another seed or image; then reboot", ERROR)
        return failure.exit_code
    pause = pause_before_retry(attempts)
    say(system, f"  next attempt in {duration(pause)}; at once with `systemctl restart kimg-agent`", ERROR)
    system.sleep(pause)
    return failure.exit_code


def _disk_failure(error: Exception) -> Optional[Failure]:
    """A file that could not be written, anywhere: before that, nothing was begun."""
    if not isinstance(error, OSError) or error.errno not in _DISK_ERRORS:
        return None
    where = f"{error.filename}: " if error.filename else ""
    return Failure(f"{where}{(error.strerror or 'cannot be written').lower()}", "`df -h`, `df -i` and `mount` show why; it is tried again")


def _bug(error: Exception) -> Failure:
    """Where, not what: an exception's own message may carry a value that was being read."""
    frames = traceback.extract_tb(error.__traceback__)
    print("".join(traceback.format_list(frames)), file=sys.stderr, flush=True)
    reason = f"internal error: {type(error).__name__} at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"
    return Failure(reason, "a fault of kimg's own: please report it, with `journalctl -u kimg-agent`", EXIT_BUG)
