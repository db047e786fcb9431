"""PostgreSQL stops, comes back and hangs while visitors use the site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Site

from production.load import running, wait_until
from production.services import Postgres
from production.sites import Production, production
from production.visitor import Visitor

THREADS = 8  # of the server: two workers with four threads each
NO_DATABASE = ("static", "live", "home")  # requests that need no database


@pytest.fixture(scope="module")
def server(owned: Site, tmp_path_factory: pytest.TempPathFactory, database: Callable[[], str]) -> Iterator[Production]:
    with production(owned, tmp_path_factory.mktemp("database"), DATABASE_URL=database()) as running:
        yield running


def test_the_database_stops_and_comes_back(server: Production, postgres: Postgres) -> None:
    visitor = Visitor(server.port)
    with running(server.port, server.static) as load:
        load.wait_for_more()
        before = time.monotonic()
        postgres.stop()
        stopped = time.monotonic()
        wait_until(lambda: visitor.get("/readyz").status == 503)
        page = visitor.get("/documents/titles/")
        load.wait_for_more()
        down = time.monotonic()
        postgres.start()
        wait_until(lambda: visitor.get("/readyz").status == 200)
        up = time.monotonic()
        load.wait_for_more()
    assert not load.failures(*NO_DATABASE)
    for kind in ("titles", "add"):
        assert set(load.statuses(kind, stopped, down)) == {500}
        assert not [result for result in load.failures(kind) if result.ended < before or result.began > up]
    assert page.status == 500
    assert "<style" in page.text, "the error page has no style"
    assert set(load.confirmed) <= visitor.titles()


def test_the_database_hangs_and_answers_later(server: Production, postgres: Postgres) -> None:
    visitor = Visitor(server.port)
    with running(server.port, server.static) as load:
        load.wait_for_more()
        postgres.pause()
        try:
            wait_until(lambda: visitor.get("/readyz").status == 503)
            load.wait_for_more(*NO_DATABASE)
        finally:
            postgres.resume()
        wait_until(lambda: visitor.get("/readyz").status == 200)
        load.wait_for_more()
    assert not load.failures()
    assert set(load.confirmed) <= visitor.titles()


def test_a_restart_between_two_requests_is_not_noticed(server: Production, postgres: Postgres) -> None:
    """Each thread keeps its connection and checks it before use."""

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
        assert visitor.get("/").status == 500  # the header of the page shows the user
    finally:
        postgres.start()
    assert visitor.get("/admin/").status == 200
