"""Looks at something again and again until it is as it should be, and keeps saying why it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Optional

from kimg_agent.outside.system import System
from kimg_agent.reporting.console import Announcer
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.result import Result

# Seconds between two looks: soon at first, because most waits of a whole cluster's start are short.
FIRST_INTERVAL = 2.0
LATER_INTERVAL = 5.0
LATER = 60.0


@dataclass(frozen=True)
class Look:
    """What one look showed. A look that shows a reason to give up raises PhaseFailed instead."""

    good: bool
    # For people; the same words as long as nothing changes.
    reason: str
    hint: str = ""
    results: tuple[Result, ...] = field(default=())


def wait_until(
    system: System,
    progress: Progress,
    subject: str,
    look: Callable[[float], Look],
    limit: Optional[float] = None,
) -> Look:
    """The first good look; or, once `limit` seconds are over, the last one, which is not good. `look` gets the seconds waited."""
    announcer, start = Announcer(), system.monotonic()
    while True:
        waited = system.monotonic() - start
        seen = look(waited)
        if seen.good or (limit is not None and waited >= limit):
            return seen
        now = system.monotonic()
        aloud = announcer.is_due(seen.reason, now)
        progress.waiting(subject, seen.reason, seen.hint, now - start, aloud, seen.results)
        system.sleep(FIRST_INTERVAL if waited < LATER else LATER_INTERVAL)
