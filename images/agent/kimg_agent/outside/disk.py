"""Effects that only maintenance has: files too large for memory, and free space. Beside `system`, and like it replaced in tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable


@dataclass(frozen=True)
class Space:
    """Of the file system that holds a path. Bytes, as far as root may use them; `inodes` is 0 for one that does not count them."""

    # Which file system it is.
    device: int
    free: int
    total: int
    free_inodes: int
    inodes: int


class Disk:
    def space(self, path: str) -> Space:
        """OSError when there is no such path."""
        found = os.statvfs(path)
        return Space(
            os.stat(path).st_dev, found.f_bfree * found.f_frsize, found.f_blocks * found.f_frsize, found.f_ffree, found.f_files
        )

    def write(self, path: str, pieces: Iterable[bytes], mode: int) -> int:
        """All pieces, one after the other, on the disk when this returns; how many bytes. What a failure leaves is the caller's."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        size = 0
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            for piece in pieces:
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return size

    def rename(self, source: str, target: str) -> None:
        """Within one folder, and on the disk when this returns."""
        os.rename(source, target)
        descriptor = os.open(os.path.dirname(target), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def size(self, path: str) -> int:
        """0 when it is not there."""
        try:
            return os.stat(path).st_size
        except OSError:
            return 0
