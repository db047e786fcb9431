"""One site, one PostgreSQL, one Redis, one store and one mail server for all tests here, in each pytest worker."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Site

from production.services import (
    Mailbox,
    Postgres,
    Redis,
    Store,
    own_mail_server,
    own_postgres,
    own_redis,
    own_store,
    postgres_programs,
)
from production.sites import prepare, with_documents


@pytest.fixture(scope="session", autouse=True)
def gunicorn_runs_here() -> None:
    if os.name == "nt":
        pytest.skip("gunicorn does not run on Windows")


@pytest.fixture(scope="session")
def owned(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The generated site with an added app, `documents`; shared, so tests must not change it."""
    return with_documents(site, tmp_path_factory.mktemp("owned"))


@pytest.fixture(scope="session")
def sqlite(owned: Site, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """A function that copies a migrated SQLite database with one user into a folder and returns its URL."""
    made = tmp_path_factory.mktemp("sqlite") / "db.sqlite3"
    prepare(owned, DATABASE_URL=f"sqlite:///{made}")

    def copied(folder: Path) -> str:
        shutil.copy(made, folder / "db.sqlite3")
        return f"sqlite:///{folder}/db.sqlite3"

    return copied


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with own_postgres() as service:
        yield service


def create_database(postgres: Postgres, name: str, like: str) -> str:
    """Create a copy of a database and return its URL."""
    programs = postgres_programs()
    assert programs is not None
    address = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres"]
    subprocess.run([programs / "createdb", *address, "-T", like, name], check=True)
    return postgres.url.removesuffix("postgres") + name


@pytest.fixture(scope="session")
def database(owned: Site, postgres: Postgres) -> Callable[[], str]:
    """A function that creates a migrated PostgreSQL database with one user and returns its URL."""
    numbers = itertools.count()
    prepare(owned, DATABASE_URL=postgres.url)

    def copied() -> str:
        return create_database(postgres, f"site{next(numbers)}", like="postgres")

    return copied


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        pytest.skip("Redis is not installed: apt-get install redis-server")
    with own_redis() as service:
        yield service


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    with own_store() as service:
        yield service


@pytest.fixture(scope="session")
def mail_server() -> Iterator[tuple[str, Mailbox]]:
    with own_mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(postgres: Postgres) -> Callable[[], str]:
    """A function that creates an empty PostgreSQL database and returns its URL."""
    numbers = itertools.count()

    def created() -> str:
        return create_database(postgres, f"empty{next(numbers)}", like="template0")

    return created
