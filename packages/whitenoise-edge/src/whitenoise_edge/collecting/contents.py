"""A cache of compressed contents in an SQLite database. The key is a digest of the content and the encoder.

One file for each content would take longer than everything else: https://sqlite.org/fasterthanfs.html
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

# Bytes. The compressed static files of a large site take some ten megabytes.
LIMIT = 256 * 1024 * 1024
# Seconds to wait while another process writes.
PATIENCE = 5
# Bytes to collect in memory before they are written.
BATCH = 16 * 1024 * 1024
TABLE = "CREATE TABLE IF NOT EXISTS contents (key TEXT PRIMARY KEY, used INTEGER, compressed BLOB)"
# Keep the contents that were used last, as many as fit.
PRUNE = """\
DELETE FROM contents WHERE key IN (
    SELECT key FROM (SELECT key, sum(length(compressed)) OVER (ORDER BY used DESC, key) AS size FROM contents)
    WHERE size > ?
)"""


class Contents:
    """The cache on disk. Several threads and processes may use it at once. New contents are written in batches.

    No method raises when the cache fails: a failure costs time and nothing else.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        folder = cache_folder()
        # Change the number together with TABLE.
        self.file = str(folder / "compressed-1.sqlite3") if folder else None
        self.limit = limit
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._new: dict[str, bytes] = {}
        self._new_size = 0
        self._used: set[str] = set()

    def key(self, encoder: str, content: bytes) -> str:
        """Return the key of a content. ``encoder`` names the format and the version of the encoder."""
        return hashlib.sha256(encoder.encode() + b"\0" + content).hexdigest()

    def read(self, key: str) -> bytes | None:
        """Return a compressed content, or None. It is not verified. It is marked as used."""
        with self._lock, self._without_cache_on_failure():
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
            self._new_size += len(compressed)
            if self._new_size > BATCH:
                self._flush()

    def close(self) -> None:
        """Write new contents. If the cache is then too large, delete those that have not been used for longest.

        A tenth of the limit is freed at once, so that a full cache is not searched for every new content.
        """
        with self._lock:
            self._flush()
            if self._database:
                self._database.close()
                self._database = None

    def _flush(self) -> None:
        new, used, now = self._new, self._used, time.time_ns()
        self._new, self._new_size, self._used = {}, 0, set()
        with self._without_cache_on_failure():
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
            # Do not wait for the disk: contents that are lost in a crash are compressed again.
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(TABLE)
        return self._database

    @contextlib.contextmanager
    def _without_cache_on_failure(self) -> Iterator[None]:
        """At the first failure, continue without a cache. Remove a damaged database, so that the next run has one."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            if self._database:
                self._database.close()
                self._database = None
            if self.file and type(error) is sqlite3.DatabaseError:  # not a database, or damaged
                for file in (self.file, f"{self.file}-journal"):
                    with contextlib.suppress(OSError):
                        os.unlink(file)
            self.file = None
