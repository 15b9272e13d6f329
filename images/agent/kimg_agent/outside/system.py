"""The outside world: files, programs, clock, sockets, console. All effects are here, so that tests can put a fake in its place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable, Iterator, Sequence

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

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

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

    def rename(self, source: str, target: str) -> None:
        """Within one file system, and on the disk when this returns. OSError when the target is a folder with something in it."""
        os.rename(source, target)
        for folder in {os.path.dirname(source), os.path.dirname(target)}:
            self._sync_folder(folder)

    def _sync_folder(self, folder: str) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def list_folder(self, path: str) -> list[str]:
        """The names in a folder, sorted; empty when there is no such folder."""
        try:
            return sorted(os.listdir(path))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def make_folder(self, path: str, mode: int) -> None:
        """With this mode, also when it is there already."""
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)

    def erase(self, path: str) -> None:
        """Overwrites a file, then removes it: what stood in it is not left in free blocks. No error when it is not there."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        except OSError:  # a symbolic link, for one: nothing of its own to overwrite
            os.unlink(path)
            return
        with os.fdopen(descriptor, "wb") as file:
            left = os.fstat(descriptor).st_size
            while left > 0:
                left -= file.write(bytes(min(left, _PIECE)))
            file.flush()
            os.fsync(descriptor)
        os.unlink(path)

    def remove_tree(self, path: str) -> None:
        """A file or a folder with all that is in it; no error when it is not there. Mount points are left, emptied."""
        if os.path.islink(path) or not os.path.isdir(path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            return
        for name in os.listdir(path):
            self.remove_tree(os.path.join(path, name))
        if not os.path.ismount(path):
            os.rmdir(path)

    def sync(self) -> None:
        """Everything that any program has written so far is on the disk when this returns; sync(2)."""
        os.sync()

    def lock(self, path: str) -> bool:
        """Takes a lock that lasts until this process ends; False when another process has it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        return True

    def run(self, command: Sequence[str], timeout: float = 30.0, given: str = "") -> Finished:
        """`given` is its standard input: the place for what must not stand in the list of processes."""
        try:
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                timeout=timeout,
                env=_environment(),
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

    def stream(self, command: Sequence[str], on_line: Callable[[str], None], each_second: Callable[[], None]) -> int:
        """The exit status. Lines of output and of errors come as they are written; `each_second` is called about that often."""
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment()
        ) as process:
            assert process.stdout is not None
            for line in _lines(process.stdout.fileno(), each_second):
                on_line(line)
        return process.returncode

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

    def listen(self, port: int) -> socket.socket:
        """A TCP listener on every address, IPv4 and IPv6; OSError when the port is taken."""
        if socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server(("", port))

    def random_text(self) -> str:
        """32 hexadecimal digits that nobody can foresee."""
        return secrets.token_hex(16)

    def random_fraction(self) -> float:
        """From 0 to 1, to keep machines that start together apart."""
        return random.random()

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


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _lines(descriptor: int, each_second: Callable[[], None]) -> Iterator[str]:
    rest, due = b"", time.monotonic() + 1
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            readable = selector.select(max(0.0, due - time.monotonic()))
            piece = os.read(descriptor, _PIECE) if readable else None
            if time.monotonic() >= due:
                each_second()
                due = time.monotonic() + 1
            if piece is None:
                continue
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in whole)
            if not piece:
                break
    if rest:
        yield rest.decode("utf-8", "replace")
