"""Compressed contents, kept in files named by a digest of what was compressed and by what."""

from __future__ import annotations

import contextlib
import hashlib
import os

from ..cache_folder import cache_folder
from .atomic import write

# Bytes. The compressed static files of a large site are some ten megabytes.
LIMIT = 256 * 1024 * 1024


class Contents:
    """The cache on the disk. Every trouble with it costs time and nothing else: no method raises OSError.

    Several processes may use it at once: an entry appears whole, and two processes write the same bytes.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        folder = cache_folder()
        # All entries lie in one folder: file systems are quick there, and slow with the first files of each new one.
        self.folder = str(folder / "compressed") if folder else None
        self.limit = limit
        self.written = False

    def path(self, encoder: str, content: bytes) -> str | None:
        """Where the compressed content belongs. ``encoder`` names the format and the version of what writes it."""
        if self.folder is None:
            return None
        return os.path.join(self.folder, hashlib.sha256(encoder.encode() + b"\0" + content).hexdigest())

    def read(self, path: str) -> bytes | None:
        """An entry, unverified, else ``None``. It is marked as used."""
        try:
            with open(path, "rb") as entry:
                compressed = entry.read()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return compressed

    def write(self, path: str, compressed: bytes) -> None:
        """Keep an entry."""
        with contextlib.suppress(OSError):
            if not self.written:
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            write(path, compressed)
            self.written = True

    def prune(self) -> None:
        """Remove the entries that were not used for the longest time, until the rest is within the limit.

        It goes a tenth below the limit, so that a full cache is not searched for every new entry.
        """
        if self.folder is None or not self.written:
            return
        self.written = False
        entries = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as found:
            for entry in found:
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    entries.append((status.st_mtime_ns, status.st_size, entry.path))
        excess = sum(size for _, size, _ in entries) - self.limit
        if excess <= 0:
            return
        excess += self.limit // 10
        for _, size, path in sorted(entries):
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
                excess -= size
