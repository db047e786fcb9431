"""Compressed contents, kept in an SQLite database under a digest of what was compressed and by what.

It is one file, because one for each content costs more than all else: https://sqlite.org/fasterthanfs.html
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator

from ..cache_folder import cache_folder

# Bytes. The compressed static files of a large site are some ten megabytes.
LIMIT = 256 * 1024 * 1024
# Seconds to wait for another process that writes.
PATIENCE = 5
# Bytes that wait in memory to be written together.
BATCH = 16 * 1024 * 1024
TABLE = "CREATE TABLE IF NOT EXISTS contents (key TEXT PRIMARY KEY, used INTEGER, compressed BLOB)"
# Only the contents that were used last stay, as many as have room.
PRUNE = """\
DELETE FROM contents WHERE key IN (
    SELECT key FROM (SELECT key, sum(length(compressed)) OVER (ORDER BY used DESC, key) AS size FROM contents)
    WHERE size > ?
)"""


class Contents:
    """The cache on the disk. Every trouble with it costs time and nothing else: no method raises for one.

    Several threads and processes may use it at once. What is new is written in batches, the last by `close`.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        folder = cache_folder()
        # The number is that of TABLE: another one is for another file.
        self.file = str(folder / "compressed-1.sqlite3") if folder else None
        self.limit = limit
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._new: dict[str, bytes] = {}
        self._waiting = 0
        self._used: set[str] = set()

    def key(self, encoder: str, content: bytes) -> str:
        """Of a compressed content. ``encoder`` names the format and the version of what writes it."""
        return hashlib.sha256(encoder.encode() + b"\0" + content).hexdigest()

    def read(self, key: str) -> bytes | None:
        """A compressed content, unverified, else ``None``. It is marked as used."""
        with self._lock, self._forgiving():
            if key in self._new:
                return self._new[key]
            found = self._open().execute("SELECT compressed FROM contents WHERE key = ?", (key,)).fetchone()
            if found and isinstance(found[0], bytes):
                self._used.add(key)
                return found[0]
        return None

    def write(self, key: str, compressed: bytes) -> None:
        """Keep a compressed content."""
        with self._lock:
            self._new[key] = compressed
            self._waiting += len(compressed)
            if self._waiting > BATCH:
                self._flush()

    def close(self) -> None:
        """Write what is new. A cache that is then too large loses what was not used for the longest time.

        It goes a tenth below the limit, so that a full one is not searched for every new content.
        """
        with self._lock:
            self._flush()
            if self._database:
                self._database.close()
                self._database = None

    def _flush(self) -> None:
        new, used, now = self._new, self._used, time.time_ns()
        self._new, self._waiting, self._used = {}, 0, set()
        with self._forgiving():
            if new or used:
                with self._open() as database:
                    database.executemany("UPDATE contents SET used = ? WHERE key = ?", ((now, key) for key in used))
                    rows = ((key, now, compressed) for key, compressed in new.items())
                    database.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", rows)
                    (size,) = database.execute("SELECT total(length(compressed)) FROM contents").fetchone()
                    if size > self.limit:
                        database.execute(PRUNE, (self.limit - self.limit // 10,))

    def _open(self) -> sqlite3.Connection:
        if self.file is None:
            raise FileNotFoundError
        if self._database is None:
            os.makedirs(os.path.dirname(self.file), mode=0o700, exist_ok=True)
            self._database = sqlite3.connect(self.file, timeout=PATIENCE, check_same_thread=False)
            # What a crash of the machine damages is made anew: it need not be waited for.
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(TABLE)
        return self._database

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """At the first trouble, go on without a cache. A damaged database is removed, for the next run."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            if self._database:
                self._database.close()
                self._database = None
            if self.file and type(error) is sqlite3.DatabaseError:  # the file is none, or is damaged
                for file in (self.file, f"{self.file}-journal"):
                    with contextlib.suppress(OSError):
                        os.unlink(file)
            self.file = None
