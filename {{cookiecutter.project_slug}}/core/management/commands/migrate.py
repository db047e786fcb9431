"""`manage.py migrate`, one at a time: of two releases that start together, the second one waits."""

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import DatabaseError, connections

# PostgreSQL identifies the lock by a number within one database, so every site can use the same number.
LOCK = zlib.crc32(b"manage.py migrate")
SECONDS_BETWEEN_TRIES = 0.5


class Command(DjangoCommand):
    """Django's command, which first waits until another `migrate` of the same database has ended.

    Without the lock, both would apply the same migrations, and the second would fail at the first existing table. The
    database removes the lock when the process ends, for any reason. Only PostgreSQL and SQLite have the lock.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:  # these change nothing
            super().handle(*args, **options)
            return
        with database_lock(connections[options["database"]]) as acquire:
            if not acquire():
                self.stdout.write("Another process is migrating this database. Waiting until it has ended.")
                while not acquire():
                    time.sleep(SECONDS_BETWEEN_TRIES)
            super().handle(*args, **options)


@contextmanager
def database_lock(connection: Any) -> Iterator[Callable[[], bool]]:
    """Yield a function that tries to acquire the lock and returns whether it did. The lock is released at the end."""
    if connection.vendor == "postgresql":
        with advisory_lock(connection) as acquire:
            yield acquire
    elif connection.vendor == "sqlite" and not connection.is_in_memory_db():
        with file_lock(f"{connection.settings_dict['NAME']}.migrating") as acquire:
            yield acquire
    else:
        yield lambda: True


@contextmanager
def advisory_lock(connection: Any) -> Iterator[Callable[[], bool]]:
    """Use a lock of the session: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS"""

    def acquire() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return bool(cursor.fetchone()[0])

    try:
        yield acquire
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # after a failure the session may be closed
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def file_lock(name: str) -> Iterator[Callable[[], bool]]:
    """Use SQLite's own lock, on a file next to the database: it works on every operating system."""
    with closing(sqlite3.connect(name, timeout=0, isolation_level=None)) as file:

        def acquire() -> bool:
            try:
                file.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                    return False
                raise
            return True

        yield acquire
