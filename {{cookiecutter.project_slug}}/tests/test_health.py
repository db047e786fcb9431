"""`/livez` and `/readyz` answer probes, which use an IP address and plain HTTP."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

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


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


def test_livez_needs_no_database(probe: Callable[[str], Any], log: pytest.LogCaptureFixture) -> None:
    response = probe("/livez")
    assert (response.status_code, response.text) == (200, "ok")
    assert response["Cache-Control"] == "no-store"
    assert log.records == []
    assert Client().post("/livez").status_code == 405


@pytest.mark.usefixtures("_database")
def test_a_working_site_is_ready(probe: Callable[[str], Any], log: pytest.LogCaptureFixture) -> None:
    response = probe("/readyz")
    assert (response.status_code, response.text) == (200, "ok")
    assert log.records == []


@pytest.mark.usefixtures("_database")
def test_a_site_with_pending_migrations_is_not_ready(probe: Callable[[str], Any], log: Any) -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    try:
        response = probe("/readyz")
        assert (response.status_code, response.text) == (503, "unavailable")
        assert "migrations are pending" in log.text
    finally:
        MigrationRecorder(connection).record_applied("sessions", "0001_initial")


@pytest.mark.usefixtures("_database")
def test_a_site_whose_cache_is_down_is_not_ready(probe: Callable[[str], Any], settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "core.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1"}}
    assert probe("/readyz").status_code == 503


def test_a_site_whose_database_is_down_is_not_ready(log: pytest.LogCaptureFixture) -> None:
    """pytest-django makes the database fail: this test has no access to it."""
    assert not health.Readiness().is_ready()
    assert "Not ready" in log.text


def test_a_hanging_check_does_not_hang_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.05)
    monkeypatch.setattr(health, "SECONDS_VALID", 0.0)
    started: list[threading.Thread] = []
    released = threading.Event()

    def hang() -> None:
        started.append(threading.current_thread())
        released.wait()

    readiness = health.Readiness()
    monkeypatch.setattr(readiness, "_check", hang)
    assert [readiness.is_ready(), readiness.is_ready()] == [False, False]
    assert len(started) == 1  # the second answer starts no further check
    released.set()
