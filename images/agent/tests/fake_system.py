"""A machine in memory: files, programs, clock and sockets that a test sets, and everything that the agent said."""

from __future__ import annotations

import json
import socket
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Optional, Sequence, Union

from kimg_agent.outside.system import NOT_FOUND, Finished, System

START = datetime(2026, 11, 22, 10, 0, 0, tzinfo=timezone.utc)


class FakeSystem(System):
    """Overrides every effect: what a test does not set is not there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.read_errors: dict[str, OSError] = {}
        self.write_error: Optional[OSError] = None
        self.writes: list[tuple[str, int]] = []
        # A whole command line, or its first words.
        self.commands: dict[tuple[str, ...], Union[Finished, Callable[[Sequence[str]], Finished]]] = {}
        self.ran: list[tuple[str, ...]] = []
        self.given: list[str] = []
        self.synced = 0
        self.erased: list[str] = []
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

    def is_file(self, path: str) -> bool:
        return path in self.files

    def list_files(self, root: str) -> list[str]:
        return sorted(path for path in self.files if path.startswith(root + "/"))

    def write_atomic(self, path: str, data: bytes, mode: int) -> None:
        if self.write_error:
            raise self.write_error
        self.writes.append((path, mode))
        self.files[path] = data

    def rename(self, source: str, target: str) -> None:
        for name in [name for name in self.files if name == source or name.startswith(source + "/")]:
            self.files[target + name[len(source) :]] = self.files.pop(name)

    def lock(self, path: str) -> bool:
        return not self.locked

    def run(self, command: Sequence[str], timeout: float = 30.0, given: str = "") -> Finished:
        words = tuple(command)
        self.ran.append(words)
        self.given += [given] if given else []
        matching = [known for known in self.commands if words[: len(known)] == known]
        if not matching:
            return Finished(NOT_FOUND, "", f"{words[0]}: not found")
        found = self.commands[max(matching, key=len)]
        return found if isinstance(found, Finished) else found(words)

    def stream(self, command: Sequence[str], on_line: Callable[[str], None], each_second: Callable[[], None]) -> int:
        done = self.run(command)
        for line in done.out.splitlines():
            on_line(line)
        each_second()
        return done.status

    def list_folder(self, path: str) -> list[str]:
        return sorted({name[len(path) + 1 :].split("/")[0] for name in self.files if name.startswith(path + "/")})

    def make_folder(self, path: str, mode: int) -> None:
        pass

    def erase(self, path: str) -> None:
        self.erased += [path] if self.files.pop(path, None) is not None else []

    def remove_tree(self, path: str) -> None:
        for name in [name for name in self.files if name == path or name.startswith(path + "/")]:
            del self.files[name]

    def sync(self) -> None:
        self.synced += 1

    def listen(self, port: int) -> socket.socket:
        raise OSError(98, "Address already in use")

    def random_text(self) -> str:
        return "0123456789abcdef" * 2

    def random_fraction(self) -> float:
        return 0.5

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
