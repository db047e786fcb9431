"""`manage.py migrate`, one at a time: if two releases start together, the second one waits."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import DatabaseError, connections

# PostgreSQL identifies the lock by a number within one database, so every site can use the same number.
LOCK = zlib.crc32(b"manage.py migrate")
PATIENCE = 60 * 60  # seconds that SQLite waits for the other process


class Command(DjangoCommand):
    """Django's command with a lock on the database, which ends with the process, for PostgreSQL and SQLite.

    Without the lock, both would apply the same migrations, and the second would fail at the first existing table.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:  # these change nothing
            super().handle(*args, **options)
            return
        with database_lock(connections[options["database"]]):
            super().handle(*args, **options)


@contextmanager
def database_lock(connection: Any) -> Iterator[None]:
    """Wait for the lock, and hold it during the block."""
    # https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    if connection.vendor == "postgresql":
        call_postgresql(connection, "pg_advisory_lock")
        try:
            yield
        finally:
            with suppress(DatabaseError):  # after a failure the session may be closed
                call_postgresql(connection, "pg_advisory_unlock")
    elif connection.vendor == "sqlite" and not connection.is_in_memory_db():
        name = f"{connection.settings_dict['NAME']}.migrating"  # a database next to the site's own
        with closing(sqlite3.connect(name, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            yield
    else:
        yield


def call_postgresql(connection: Any, function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
