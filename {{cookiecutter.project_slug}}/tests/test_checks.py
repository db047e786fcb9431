"""`manage.py check --deploy` warns of data that a restart would lose."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.checks import run_checks

from config import checks


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The settings of a site that keeps all in files, on a machine that is no platform's."""
    for variable in checks.EPHEMERAL:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(checks, "on_mounted_disk", lambda path: False)
    made = SimpleNamespace(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db.sqlite3"}},
        STORAGES={"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}},
        MEDIA_ROOT=tmp_path / "media",
    )
    monkeypatch.setattr(checks, "settings", made)
    return made


def found() -> list[str]:
    return [str(message.id) for message in run_checks(include_deployment_checks=True) if message.id in IDS]


IDS = {"config.W001", "config.W002"}


def test_a_server_with_a_disk_of_its_own_keeps_everything() -> None:
    assert found() == []


@pytest.mark.parametrize("variable", checks.EPHEMERAL)
def test_the_database_and_the_uploads_are_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "set")
    assert found() == ["config.W001", "config.W002"]


@pytest.mark.parametrize(("variable", "expected"), [("RENDER", []), ("DYNO", ["config.W001", "config.W002"])])
def test_a_mounted_disk_stays_and_heroku_has_none(
    variable: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "set")
    monkeypatch.setattr(checks, "on_mounted_disk", lambda path: True)
    assert found() == expected


def test_what_lives_elsewhere_is_kept(settings: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNO", "web.1")
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "site"}}
    settings.STORAGES = {"default": {"BACKEND": "config.storages.MediaStorage"}}
    assert found() == []


def test_the_disk_of_the_root_is_no_mounted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    mounts = {Path("/"), Path("/data")}
    monkeypatch.setattr(Path, "is_mount", lambda self: self in mounts)
    assert checks.on_mounted_disk(Path("/data/media"))
    assert not checks.on_mounted_disk(Path("/app/media"))
