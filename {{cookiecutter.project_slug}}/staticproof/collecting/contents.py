"""Compressed contents, kept in files named by a digest of what was compressed and by what."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

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
        self.folder = folder / "compressed" if folder else None
        self.limit = limit
        self.written = False

    def path(self, encoder: str, content: bytes) -> Path | None:
        """Where the compressed content belongs. ``encoder`` names the format and the version of what writes it."""
        if self.folder is None:
            return None
        digest = hashlib.sha256(encoder.encode() + b"\0" + content).hexdigest()
        return self.folder / digest[:2] / digest[2:]

    def read(self, path: Path | None) -> bytes | None:
        """An entry, unverified, else ``None``. It is marked as used."""
        if path is None:
            return None
        try:
            compressed = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return compressed

    def write(self, path: Path | None, compressed: bytes) -> None:
        """Keep an entry."""
        if path is None:
            return
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(path, compressed)
            self.written = True

    def prune(self) -> None:
        """Remove the entries that were not used for the longest time, until the rest is within the limit.

        It goes a tenth below the limit, so that a full cache is not searched for every new entry.
        """
        if not self.written:
            return
        self.written = False
        entries = sorted(self._entries())
        excess = sum(size for _, size, _ in entries) - self.limit
        if excess <= 0:
            return
        excess += self.limit // 10
        for _, size, path in entries:
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                excess -= size

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """When it was last used, its bytes and its path, of each entry."""
        if self.folder is None:
            return
        for folder, _, files in os.walk(self.folder):
            for name in files:
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    status = path.stat()
                    yield status.st_mtime_ns, status.st_size, path
