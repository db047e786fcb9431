"""`manage.py migrate`, one at a time: if two releases start together, the second one waits."""

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
    """Django's command with a lock on the database, which ends with the process, for PostgreSQL and SQLite.

    Without the lock, both would apply the same migrations, and the second would fail at the first existing table.
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
    # https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    if connection.vendor == "postgresql":
        try:
            yield lambda: call_postgresql(connection, "pg_try_advisory_lock")
        finally:
            with suppress(DatabaseError):  # after a failure the session may be closed
                call_postgresql(connection, "pg_advisory_unlock")
    elif connection.vendor == "sqlite" and not connection.is_in_memory_db():
        name = f"{connection.settings_dict['NAME']}.migrating"  # a database next to the site's own
        with closing(sqlite3.connect(name, timeout=0, isolation_level=None)) as database:
            yield lambda: begin_exclusive(database)
    else:
        yield lambda: True


def call_postgresql(connection: Any, function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def begin_exclusive(database: sqlite3.Connection) -> bool:
    try:
        database.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True
