"""A machine in memory: files, programs, clock and sockets that a test sets, and everything that the agent said."""

from __future__ import annotations

import json
import socket
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Optional, Sequence

from kimg_agent.system import NOT_FOUND, Finished, System

START = datetime(2026, 11, 22, 10, 0, 0, tzinfo=timezone.utc)


class FakeSystem(System):
    """Overrides every effect: what a test does not set is not there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.read_errors: dict[str, OSError] = {}
        self.write_error: Optional[OSError] = None
        self.writes: list[tuple[str, int]] = []
        self.commands: dict[tuple[str, ...], Finished] = {}
        self.programs: set[str] = set()
        self.host = "cp2"
        self.clock = START
        self.elapsed = 0.0
        self.slept: list[float] = []
        # Called with the seconds since the start after each sleep, to change the machine meanwhile.
        self.on_sleep: Callable[[float], None] = lambda elapsed: None
        self.listening: set[str] = set()
        self.on_connect: Callable[[str, int], socket.socket] = _refuse
        self.output: list[str] = []
        self.priorities: list[int] = []
        self.console: list[str] = []
        self.statuses: list[str] = []
        self.locked = False

    def read(self, path: str, limit: int = 8 << 20) -> bytes:
        if path in self.read_errors:
            raise self.read_errors[path]
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory")
        return self.files[path][:limit]

    def exists(self, path: str) -> bool:
        return path in self.files

    def list_files(self, root: str) -> list[str]:
        return sorted(path for path in self.files if path.startswith(root + "/"))

    def write_atomic(self, path: str, data: bytes, mode: int) -> None:
        if self.write_error:
            raise self.write_error
        self.writes.append((path, mode))
        self.files[path] = data

    def lock(self, path: str) -> bool:
        return not self.locked

    def run(self, command: Sequence[str], timeout: float = 30.0) -> Finished:
        return self.commands.get(tuple(command), Finished(NOT_FOUND, "", f"{command[0]}: not found"))

    def find_program(self, name: str) -> bool:
        return name in self.programs

    def hostname(self) -> str:
        return self.host

    def kernel_release(self) -> str:
        return "6.12.0"

    def now(self) -> datetime:
        return self.clock + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds
        self.on_sleep(self.elapsed)

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.on_connect(host, port)

    def connect_unix(self, path: str, timeout: float) -> None:
        if path not in self.listening:
            raise FileNotFoundError(2, "No such file or directory")

    def write_output(self, line: str, priority: int) -> None:
        self.output.append(line)
        self.priorities.append(priority)

    def write_console(self, line: str) -> None:
        self.console.append(line)

    def notify(self, status: str) -> None:
        self.statuses.append(status)

    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.files["/var/lib/kimg/report.json"])
        return document


def _refuse(host: str, port: int) -> socket.socket:
    raise ConnectionRefusedError(111, "Connection refused")
