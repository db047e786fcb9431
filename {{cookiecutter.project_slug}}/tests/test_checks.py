"""`manage.py check --deploy` warns of data that a restart deletes, and of example answers."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from core import checks


@pytest.fixture(autouse=True)
def _local_data(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in checks.EPHEMERAL:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(checks, "is_on_mounted_disk", lambda path: False)
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db.sqlite3"}
    monkeypatch.setitem(settings.DATABASES, "default", settings.DATABASES["default"] | sqlite)
    settings.SITE_DOMAIN, settings.SITE_AUTHOR, settings.SITE_AUTHOR_EMAIL = "www.example.org", "Ada", "a@example.org"


def found() -> list[str]:
    return [str(message.id) for message in run_checks(include_deployment_checks=True) if "core." in str(message.id)]


def test_a_server_with_its_own_disk_keeps_data() -> None:
    assert found() == []


@pytest.mark.parametrize("variable", checks.EPHEMERAL)
def test_the_database_and_the_uploads_are_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "set")
    assert found() == ["core.W001", "core.W002"]
    monkeypatch.setattr(checks, "is_on_mounted_disk", lambda path: True)
    assert found() == (["core.W001", "core.W002"] if variable == "DYNO" else [])  # Heroku can mount no disk


def test_data_elsewhere_is_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNO", "web.1")
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "storages.backends.s3.S3Storage"}}
    assert found() == []


def test_example_answers_are_named(settings: Settings) -> None:
    settings.SITE_DOMAIN, settings.SITE_AUTHOR, settings.SITE_AUTHOR_EMAIL = (
        "example.com",
        "Your Name",
        "you@example.com",
    )
    assert found() == ["core.W003"] * 3
