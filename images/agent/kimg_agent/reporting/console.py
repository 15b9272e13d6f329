"""Words for the person at the serial console: how a line looks, and when it is worth saying again. Pure but for `say`."""

from __future__ import annotations

from kimg_agent.outside.system import System

PREFIX = "kimg: "

# Priorities of syslog(3).
ERROR = 3
WARNING = 4
INFO = 6

FIRST_GAP = 10.0
LONGEST_GAP = 600.0
# A reason that was said before comes back at most this often, or two that take turns would fill the screen.
RECURRING_GAP = 60.0


def say(system: System, text: str, priority: int = INFO) -> None:
    """One line to the console and the journal."""
    line = PREFIX + printable(text)
    system.write_console(line)
    system.write_output(line, priority)


def printable(text: str) -> str:
    """Without control characters, which in a message from another program could rewrite the screen."""
    return "".join(character if character.isprintable() else " " for character in text)


def counted(count: int, noun: str) -> str:
    """1 voter, 3 voters."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(seconds: float) -> str:
    """4s, 2m10s, 1h05m, 3d04h."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


class Announcer:
    """Decides when a reason for waiting is said: a new one at once, then at growing intervals."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._last_reason = ""
        self._last_time = 0.0
        self._gap = FIRST_GAP

    def is_due(self, reason: str, now: float) -> bool:
        """True when the reason is to be said at `now` (seconds, monotonic); then it counts as said."""
        new = reason not in self._said
        if new:
            self._gap = FIRST_GAP
        else:
            gap = self._gap if reason == self._last_reason else min(self._gap, RECURRING_GAP)
            if now - self._last_time < gap:
                return False
            self._gap = min(self._gap * 2, LONGEST_GAP)
        self._said.add(reason)
        self._last_reason, self._last_time = reason, now
        return True
