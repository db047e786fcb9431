"""Liveness and readiness, as routers and schedulers ask for them: by address, over plain HTTP."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from config import health
from conftest import InThisThread


@pytest.fixture
def _database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database may be in memory, where a thread would leave its connection open."""
    monkeypatch.setattr(threading, "Thread", InThisThread)


@pytest.fixture
def ask() -> Callable[[str], Any]:
    """A function that asks a path as a probe does, of a process that has just started."""
    probe = Client()
    return lambda path: probe.get(path, headers={"host": "10.1.2.3:8000"})


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


def test_a_live_process_says_so_without_a_database(ask: Callable[[str], Any], records: Any) -> None:
    """This test may not touch the database, and pytest-django sees to that."""
    response = ask("/livez")
    assert (response.status_code, response.text) == (200, "ok")
    assert response["Cache-Control"] == "no-store"
    assert not records.records


@pytest.mark.usefixtures("_database")
def test_a_site_that_can_work_is_ready(ask: Callable[[str], Any], records: Any) -> None:
    response = ask("/readyz")
    assert (response.status_code, response.text) == (200, "ok")
    assert response["Cache-Control"] == "no-store"
    assert not records.records


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_only_read(path: str) -> None:
    assert Client().post(path).status_code == 405


@pytest.mark.usefixtures("_database")
def test_pending_migrations_make_a_site_unready(ask: Callable[[str], Any], records: Any) -> None:
    MigrationRecorder(connection).record_unapplied("accounts", "0001_initial")
    try:
        response = ask("/readyz")
        assert (response.status_code, response.text) == (503, "unavailable")
        assert [record.name for record in records.records] == ["config.health"]
        assert "migrations are pending" in records.text
    finally:
        MigrationRecorder(connection).record_applied("accounts", "0001_initial")


@pytest.mark.usefixtures("_database")
def test_a_cache_that_does_not_answer_makes_a_site_unready(ask: Callable[[str], Any], settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "config.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1"}}
    assert caches["default"].get("key", "a miss") == "a miss"
    assert ask("/readyz").status_code == 503


def test_a_database_that_does_not_answer_makes_a_site_unready(records: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the guard of pytest-django is what fails: it lets no test touch a database unasked."""
    assert not health.Readiness()()
    assert "Not ready" in records.text


def test_what_hangs_does_not_hang_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "DEADLINE", 0.05)
    monkeypatch.setattr(health, "FRESH", 0.0)
    started: list[threading.Thread] = []
    released = threading.Event()

    def hang() -> None:
        started.append(threading.current_thread())
        released.wait()

    ready = health.Readiness()
    monkeypatch.setattr(ready, "_find_out", hang)
    assert [ready(), ready()] == [False, False]
    assert len(started) == 1  # one thread hangs, not one for each who asks
    released.set()


def test_an_answer_holds_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = health.Readiness()
    asked: list[float] = []

    def find_out() -> None:
        asked.append(time.monotonic())
        ready._well = True

    monkeypatch.setattr(ready, "_find_out", find_out)
    assert [ready(), ready()] == [True, True]
    assert len(asked) == 1
