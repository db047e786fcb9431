"""PostgreSQL stops, comes back, and falls silent, while visitors are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Site

from production.load import running, until
from production.services import Postgres
from production.sites import Production, production
from production.visitor import Visitor

THREADS = 8  # of the server: two workers with four each
UNTOUCHED = ("static", "live", "home")  # what needs no database


@pytest.fixture(scope="module")
def server(owned: Site, tmp_path_factory: pytest.TempPathFactory, database: Callable[[], str]) -> Iterator[Production]:
    folder: Path = tmp_path_factory.mktemp("database")
    with production(owned, folder, DATABASE_URL=database()) as running:
        yield running


def saved(port: int) -> set[str]:
    return set(Visitor(port).get("/documents/titles/").json)


def test_a_database_that_stops_and_comes_back(server: Production, postgres: Postgres) -> None:
    visitor = Visitor(server.port)
    with running(server.port, server.static) as load:
        time.sleep(1)
        stopped = time.monotonic()
        postgres.stop()
        gone = time.monotonic()
        until(lambda: visitor.get("/readyz").status == 503)
        page = visitor.get("/documents/titles/")
        time.sleep(1)
        back = time.monotonic()
        postgres.start()
        until(lambda: visitor.get("/readyz").status == 200)
        until(lambda: visitor.get("/documents/titles/").status == 200)
        well = time.monotonic()
        time.sleep(1)
    assert not load.failures(*UNTOUCHED), load.failures(*UNTOUCHED)
    for kind in ("titles", "add"):
        assert set(load.statuses(kind, gone, back - 0.1)) == {500}, load.statuses(kind, gone, back)
        assert not [result for result in load.failures(kind) if result.ended < stopped or result.began > well]
    assert page.status == 500
    assert "<style" in page.text, "the error page is without its style"
    assert set(load.confirmed) <= saved(server.port)
    assert len(load.confirmed) > 10


def test_a_database_that_falls_silent(server: Production, postgres: Postgres) -> None:
    with running(server.port, server.static) as load:
        time.sleep(0.5)
        postgres.hold()
        try:
            began = time.monotonic()
            until(lambda: Visitor(server.port).get("/readyz").status == 503)
            time.sleep(1)
            ended = time.monotonic()
        finally:
            postgres.release()
        until(lambda: Visitor(server.port).get("/readyz").status == 200)
        time.sleep(0.5)
    assert sum(load.statuses("static", began, ended).values()) > 3  # they did not wait for it
    assert sum(load.statuses("live", began, ended).values()) > 3
    assert not load.failures(*UNTOUCHED, "titles", "add"), load.failures(*UNTOUCHED, "titles", "add")
    assert set(load.confirmed) <= saved(server.port)


def test_a_restart_between_two_requests_is_not_noticed(server: Production, postgres: Postgres) -> None:
    """Connections outlive requests; each thread looks at its own before it uses it."""

    def titles(_: int) -> int:
        return Visitor(server.port).get("/documents/titles/").status

    with ThreadPoolExecutor(THREADS) as visitors:
        assert set(visitors.map(titles, range(4 * THREADS))) == {200}
        postgres.stop()
        postgres.start()
        assert set(visitors.map(titles, range(4 * THREADS))) == {200}


def test_a_signed_in_visitor_stays_signed_in(server: Production, postgres: Postgres) -> None:
    visitor = Visitor(server.port)
    visitor.sign_in()
    postgres.stop()
    try:
        assert visitor.get("/admin/").status == 500
        assert visitor.get("/").status == 500  # with a session the header needs its user
    finally:
        postgres.start()
    until(lambda: visitor.get("/admin/").status == 200)
