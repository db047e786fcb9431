"""`manage.py migrate` waits for another one that is at work on the same database."""

import sqlite3
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command

from config.management.commands import migrate


def on_sqlite(file: Path) -> Any:
    return SimpleNamespace(vendor="sqlite", settings_dict={"NAME": file}, is_in_memory_db=lambda: False)


class PostgreSQL:
    """Stands in for a server that no test of the site needs: it answers each statement from a list, and keeps it."""

    vendor = "postgresql"

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def cursor(self) -> Any:
        return nullcontext(self)

    def execute(self, statement: str, parameters: list[int]) -> None:
        assert parameters == [migrate.LOCK]
        self.asked.append(statement)

    def fetchone(self) -> tuple[bool]:
        return (self.answers.pop(0),)


@pytest.mark.django_db
def test_migrate_still_migrates(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("migrate", interactive=False)
    assert "No migrations to apply" in capsys.readouterr().out


@pytest.mark.django_db
def test_it_says_that_it_waits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tries = iter([False, False, True])
    monkeypatch.setattr(migrate, "lock_of", lambda database: nullcontext(lambda: next(tries)))
    monkeypatch.setattr(migrate, "SECONDS_BETWEEN_TRIES", 0)
    call_command("migrate", interactive=False)
    assert "Waiting until it has ended" in capsys.readouterr().out
    assert list(tries) == []


@pytest.mark.django_db
def test_a_look_at_the_plan_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "lock_of", lambda database: nullcontext(pytest.fail))
    call_command("migrate", plan=True, verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_a_database_in_memory_has_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory = SimpleNamespace(vendor="sqlite", is_in_memory_db=lambda: True)
    with migrate.lock_of(memory) as take:
        assert take()
    assert not list(tmp_path.iterdir())


def test_sqlite_has_one_lock_for_a_database(tmp_path: Path) -> None:
    database = on_sqlite(tmp_path / "db.sqlite3")
    with migrate.lock_of(database) as first, migrate.lock_of(database) as second:
        assert first()
        assert not second()
    with migrate.lock_of(database) as third:
        assert third()


def test_what_waiting_does_not_mend_is_raised(tmp_path: Path) -> None:
    with migrate.lock_of(on_sqlite(tmp_path / "db.sqlite3")) as take:
        assert take()
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            take()


def test_postgresql_has_an_advisory_lock() -> None:
    database = PostgreSQL(False, True)
    with migrate.lock_of(database) as take:
        assert [take(), take()] == [False, True]
    assert database.asked == [*["SELECT pg_try_advisory_lock(%s)"] * 2, "SELECT pg_advisory_unlock(%s)"]
