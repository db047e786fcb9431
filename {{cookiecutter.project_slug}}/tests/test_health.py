"""`/livez` and `/readyz` answer probes, which use an IP address and plain HTTP."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from core import health


class SameThread(threading.Thread):
    """Run in the thread of the test, which has the connection to the test database."""

    def start(self) -> None:
        self.run()

    def join(self, timeout: float | None = None) -> None:
        pass


@pytest.fixture
def _database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", SameThread)


@pytest.fixture
def probe() -> Callable[[str], Any]:
    client = Client()  # a new client has a new HealthCheckMiddleware
    return lambda path: client.get(path, headers={"host": "10.1.2.3:8000"})


def test_livez_needs_no_database(probe: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    response = probe("/livez")
    assert (response.status_code, response.text) == (200, "ok")
    assert response["Cache-Control"] == "no-store"
    assert caplog.records == []
    assert Client().post("/livez").status_code == 405


@pytest.mark.usefixtures("_database")
def test_a_working_site_is_ready(probe: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    response = probe("/readyz")
    assert (response.status_code, response.text) == (200, "ok")
    assert caplog.records == []


@pytest.mark.usefixtures("_database")
def test_a_site_with_pending_migrations_is_not_ready(probe: Callable[[str], Any], caplog: Any) -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    try:
        response = probe("/readyz")
        assert (response.status_code, response.text) == (503, "unavailable")
        assert "migrations are pending" in caplog.text
        assert [record.name for record in caplog.records] == ["core.health"]  # no error of Django, and no mail
    finally:
        MigrationRecorder(connection).record_applied("sessions", "0001_initial")


def test_a_site_whose_database_is_down_is_not_ready(caplog: pytest.LogCaptureFixture) -> None:
    """pytest-django makes the database fail: this test has no access to it."""
    assert not health.Readiness().is_ready()
    assert "Not ready" in caplog.text
