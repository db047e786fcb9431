"""`manage.py migrate`, one at a time: a release that starts twice migrates once."""

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import DatabaseError, connections

# PostgreSQL knows the lock by a number. It counts within one database only, so every site may have the same.
LOCK = zlib.crc32(b"manage.py migrate")
SECONDS_BETWEEN_TRIES = 0.5


class Command(DjangoCommand):
    """Django's own command, which waits until another `migrate` of the same database has ended.

    Without that, two of them read the same list of what is left to do, and the second fails at the first table that is
    there already. The lock ends with the process that holds it, however that ends. PostgreSQL and SQLite have it.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:  # these change nothing
            super().handle(*args, **options)
            return
        with lock_of(connections[options["database"]]) as take:
            if not take():
                self.stdout.write("Another process is migrating this database. Waiting until it has ended.")
                while not take():
                    time.sleep(SECONDS_BETWEEN_TRIES)
            super().handle(*args, **options)


@contextmanager
def lock_of(connection: Any) -> Iterator[Callable[[], bool]]:
    """Hand out a function that tries to take the database's lock and says whether it has; the block's end frees it."""
    if connection.vendor == "postgresql":
        with advisory_lock(connection) as take:
            yield take
    elif connection.vendor == "sqlite" and not connection.is_in_memory_db():
        with file_lock(f"{connection.settings_dict['NAME']}.migrating") as take:
            yield take
    else:
        yield lambda: True


@contextmanager
def advisory_lock(connection: Any) -> Iterator[Callable[[], bool]]:
    """A lock of the session, https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS"""

    def take() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return bool(cursor.fetchone()[0])

    try:
        yield take
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # after a failure the session may be gone
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def file_lock(name: str) -> Iterator[Callable[[], bool]]:
    """A lock on a file beside the database, which SQLite itself takes: the same on every operating system."""
    with closing(sqlite3.connect(name, timeout=0, isolation_level=None)) as file:

        def take() -> bool:
            try:
                file.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                    return False
                raise
            return True

        yield take
