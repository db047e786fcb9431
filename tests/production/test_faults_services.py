"""Redis, the object store and the mail server go away while visitors are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from conftest import Site
from servers import free_port

from production.load import running, until
from production.services import Redis, Store
from production.sites import Production, production
from production.visitor import File, Visitor

PICTURE = File("photo.png", b"\x89PNG\r\n\x1a\n", "image/png")
KINDS = ("static", "live", "home", "titles", "add")


@pytest.fixture(scope="module")
def server(
    owned: Site,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite: Callable[..., str],
    redis: Redis,
    store: Store,
) -> Iterator[Production]:
    """With Redis and S3, and with a mail server that never was there."""
    folder = tmp_path_factory.mktemp("services")
    environment = {
        "DATABASE_URL": sqlite(folder),
        "CACHE_URL": redis.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        **store.environment,
    }
    with production(owned, folder, **environment) as running:
        yield running


@pytest.mark.parametrize("fault", ["stopped", "silent"])
def test_a_cache_that_goes_away_costs_speed_only(server: Production, redis: Redis, fault: str) -> None:
    visitor = Visitor(server.port)
    visitor.sign_in()
    with running(server.port, server.static, cached="/documents/cached/") as load:
        time.sleep(0.5)
        if fault == "stopped":
            redis.stop()
        else:
            redis.hold()
        try:
            until(lambda: visitor.get("/readyz").status == 503)
            assert visitor.get("/admin/").status == 200  # and no visitor is signed out
            assert Visitor(server.port).sign_in().status == 302
        finally:
            if fault == "stopped":
                redis.start()
            else:
                redis.release()
        until(lambda: visitor.get("/readyz").status == 200)
        time.sleep(0.5)
    assert not load.failures(*KINDS, "cached"), load.failures(*KINDS, "cached")
    assert "Traceback" not in server.said


def test_an_unreachable_store_costs_the_upload_only(server: Production, store: Store) -> None:
    visitor = Visitor(server.port)
    kept = visitor.post("/documents/upload/", {"title": "Before"}, file=PICTURE)
    assert kept.status == 201, kept.text
    show = f"/documents/show/{kept.json['pk']}/"
    with running(server.port, server.static, show=show) as load:
        store.stop()
        try:
            refused = visitor.post("/documents/upload/", {"title": "During"}, file=PICTURE)
            page = visitor.get(show)
        finally:
            store.start()
        again = visitor.post("/documents/upload/", {"title": "After"}, file=PICTURE)
    assert not load.failures(*KINDS, "show"), load.failures(*KINDS, "show")
    assert (refused.status, again.status) == (500, 201)
    assert "<img" in page.text  # whose picture is missing, for as long as the store is
    assert {"Before", "After"} <= set(visitor.get("/documents/titles/").json)
    assert "During" not in visitor.get("/documents/titles/").json  # nothing is half made
    assert {kept.json["name"], again.json["name"]} <= set(store.names())


def test_a_mail_server_that_is_away_costs_the_mail_only(server: Production) -> None:
    visitor = Visitor(server.port)
    with running(server.port, server.static) as load:
        failed = visitor.get("/documents/fail/")  # mailed to the administrators, if it could be
        asked = visitor.submit("/documents/password/", {"email": "ada@example.com"})
    assert failed.status == 500
    assert "<style" in failed.text
    assert asked.status == 302
    assert "Failed to send password reset email" in server.said
    assert not load.failures(*KINDS), load.failures(*KINDS)
