"""What the state machine is made of. A phase is a small frozen value that holds what it needs from the phases before it, and whose
`run` gives the next phase, gives a Stop, or raises PhaseFailed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Union

from kimg_agent.progress import Progress
from kimg_agent.system import System

READY = "ready"  # all that this agent does has succeeded, and the machine is not a member yet
DONE = "done"  # nothing is left to do


@dataclass(frozen=True)
class Stop:
    phase: str
    outcome: str
    # For people: what was found, and what that means.
    reason: str


class Phase(Protocol):
    @property
    def name(self) -> str: ...

    def run(self, system: System, progress: Progress) -> Step: ...


Step = Union[Phase, Stop]
