"""The outside world: files, programs, clock, sockets, console. All effects are here, so that tests can put a fake in its place."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Sequence

NOT_FOUND = 127
TIMED_OUT = 124

_PIECE = 64 << 10


@dataclass(frozen=True)
class Finished:
    """A program that has ended. `status` is 127 when there is no such program and 124 when it took too long."""

    status: int
    out: str
    err: str


class System:
    def read(self, path: str, limit: int = 8 << 20) -> bytes:
        """At most `limit` bytes; OSError when it cannot be read."""
        data = b""
        with open(path, "rb") as file:
            # In small pieces: the kernel refuses a large read of /proc/sys with ENOMEM (proc_sys_call_handler).
            while len(data) < limit and (piece := file.read(min(_PIECE, limit - len(data)))):
                data += piece
        return data

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def list_files(self, root: str) -> list[str]:
        """Every file below root, sorted; empty when there is no such folder."""
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)

    def write_atomic(self, path: str, data: bytes, mode: int) -> None:
        """Beside, fsync, rename, fsync of the folder: after a power cut the old or the new file is there, whole."""
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o755, exist_ok=True)
        beside = path + ".new"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, path)
        self._sync_folder(folder)

    def _sync_folder(self, folder: str) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lock(self, path: str) -> bool:
        """Takes a lock that lasts until this process ends; False when another process has it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        return True

    def run(self, command: Sequence[str], timeout: float = 30.0) -> Finished:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                env=environment,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError:
            return Finished(NOT_FOUND, "", f"{command[0]}: not found")
        except subprocess.TimeoutExpired:
            return Finished(TIMED_OUT, "", f"{command[0]}: no end within {timeout:g} s")
        except OSError as error:
            return Finished(NOT_FOUND, "", f"{command[0]}: {error.strerror}")
        return Finished(done.returncode, done.stdout, done.stderr)

    def find_program(self, name: str) -> bool:
        return shutil.which(name) is not None

    def hostname(self) -> str:
        return socket.gethostname()

    def kernel_release(self) -> str:
        return os.uname().release

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """TCP to the first address of host that accepts; OSError of the last one otherwise. The timeout stays on the socket."""
        return socket.create_connection((host, port), timeout)

    def connect_unix(self, path: str, timeout: float) -> None:
        """Returns when something listens there; OSError otherwise."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(timeout)
            client.connect(path)

    def write_output(self, line: str, priority: int) -> None:
        """Standard output, which the unit connects to the journal; priority as in syslog(3)."""
        prefix = f"<{priority}>" if "JOURNAL_STREAM" in os.environ else ""
        print(prefix + line, flush=True)

    def write_console(self, line: str) -> None:
        """The machine's console. Nobody may be reading a serial line with flow control: never wait for it."""
        try:
            descriptor = os.open("/dev/console", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return
        try:
            # The carriage return first puts the line over a login prompt that may stand there.
            os.write(descriptor, f"\r{line}\r\n".encode())
        except OSError:
            return
        finally:
            os.close(descriptor)

    def notify(self, status: str) -> None:
        """The line that `systemctl status` shows; sd_notify(3)."""
        address = os.environ.get("NOTIFY_SOCKET", "")
        if not address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.sendto(f"STATUS={status}".encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError as error:
            print(f"kimg: systemd does not take the status line: {error.strerror}", file=sys.stderr)
