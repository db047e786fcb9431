"""`manage.py migrate` waits for another one that works on the same database. The template tests PostgreSQL."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from core.management.commands import migrate


@pytest.mark.django_db
def test_migrate_waits_until_it_has_the_lock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries = iter([False, False, True])
    monkeypatch.setattr(migrate, "database_lock", lambda connection: nullcontext(lambda: next(tries)))
    monkeypatch.setattr(migrate, "SECONDS_BETWEEN_TRIES", 0)
    call_command("migrate", interactive=False)
    printed = capsys.readouterr().out
    assert "Waiting until it has ended" in printed
    assert "No migrations to apply" in printed
    call_command("migrate", plan=True, verbosity=0)  # takes no lock: there is no further answer


def test_sqlite_has_one_lock_for_each_database(tmp_path: Path) -> None:
    database = SimpleNamespace(
        vendor="sqlite", settings_dict={"NAME": tmp_path / "db.sqlite3"}, is_in_memory_db=lambda: False
    )
    with migrate.database_lock(database) as first, migrate.database_lock(database) as second:
        assert first()
        assert not second()
    with migrate.database_lock(database) as third:
        assert third()
