"""What the state machine is made of. A phase is a small frozen value that holds what it needs from the phases before it, and whose
`run` gives the next phase, gives a Stop, or raises PhaseFailed.
"""

from __future__ import annotations

from typing import Protocol, Union

from kimg_agent.outside.system import System
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.report import Stop


class Phase(Protocol):
    @property
    def name(self) -> str: ...

    def run(self, system: System, progress: Progress) -> Step: ...


Step = Union[Phase, Stop]
