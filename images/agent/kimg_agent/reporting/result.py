"""The outcome of one preflight check, and what a set of them means. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Iterable

PASS = "pass"
WARN = "warn"
WAIT = "wait"  # wrong now, and time may mend it
FAIL = "fail"  # wrong, and somebody outside the agent must act
FAIL_SEED = "fail-seed"  # wrong, and only another seed or image mends it

FAILURES = (FAIL, FAIL_SEED)


@dataclass(frozen=True)
class Result:
    """`found` and `hint` go to the console and the report: never file contents in them."""

    name: str
    status: str
    found: str
    hint: str = ""
    # For WAIT only: after this many seconds of preflight the status becomes `then`.
    limit: float = 0.0
    then: str = FAIL


def passed(name: str, found: str) -> Result:
    return Result(name, PASS, found)


def settle(results: Iterable[Result], waited: float) -> tuple[Result, ...]:
    """Turns each wait whose limit is over into what it becomes then."""
    return tuple(
        replace(result, status=result.then) if result.status == WAIT and waited >= result.limit else result for result in results
    )


def with_status(results: Iterable[Result], *statuses: str) -> tuple[Result, ...]:
    return tuple(result for result in results if result.status in statuses)
