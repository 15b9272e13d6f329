"""What a phase raises when it cannot go on, and how long to leave it alone before the next attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from kimg_agent.reporting.result import Result

# Left to systemd: kimg-agent.service names 78 in RestartPreventExitStatus. The numbers are those of sysexits.h.
EXIT_FAILED = 1
EXIT_BUG = 70
EXIT_SEED = 78

LONGEST_PAUSE = 300.0


@dataclass(frozen=True)
class Failure:
    reason: str
    hint: str
    exit_code: int = EXIT_FAILED
    results: tuple[Result, ...] = field(default=())

    @property
    def retried(self) -> bool:
        """False when only another seed or image can mend it, so that trying again would be noise."""
        return self.exit_code != EXIT_SEED


class PhaseFailed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def pause_before_retry(attempts: Optional[int]) -> float:
    """Seconds to hold after the given number of like failures: 10, 20, 40 … 300, so that a console stays readable. 300 if nobody knows."""
    if attempts is None:
        return LONGEST_PAUSE
    return min(10.0 * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)
