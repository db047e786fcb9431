"""Redis, the object store and the mail server fail while visitors use the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import Site
from servers import free_port

from production.load import running, wait_until
from production.services import Redis, Store
from production.sites import Production, production
from production.visitor import File, Visitor

PICTURE = File("picture.png", b"\x89PNG\r\n\x1a\n", "image/png")


@pytest.fixture(scope="module")
def server(
    owned: Site,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite: Callable[..., str],
    redis: Redis,
    store: Store,
) -> Iterator[Production]:
    """A site with Redis and S3, and with the address of a mail server that does not exist."""
    folder = tmp_path_factory.mktemp("services")
    environment = {
        "DATABASE_URL": sqlite(folder),
        "CACHE_URL": redis.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        **store.environment,
    }
    with production(owned, folder, **environment) as running:
        yield running


@pytest.mark.parametrize("fault", ["stops", "hangs"])
def test_a_failing_cache_costs_only_speed(server: Production, redis: Redis, fault: str) -> None:
    visitor = Visitor(server.port)
    visitor.sign_in()
    fail, repair = (redis.stop, redis.start) if fault == "stops" else (redis.pause, redis.resume)
    with running(server.port, server.static, cached="/documents/cached/") as load:
        load.wait_for_more()
        fail()
        try:
            wait_until(lambda: visitor.get("/readyz").status == 503)
            assert visitor.get("/admin/").status == 200  # no visitor is signed out
            assert Visitor(server.port).sign_in().status == 302
            load.wait_for_more()
        finally:
            repair()
        wait_until(lambda: visitor.get("/readyz").status == 200)
        load.wait_for_more()
    assert not load.failures()
    assert "Traceback" not in server.log_text


def test_an_unreachable_store_costs_only_the_upload(server: Production, store: Store) -> None:
    visitor = Visitor(server.port)
    before = visitor.post("/documents/upload/", {"title": "Before"}, file=PICTURE)
    assert before.status == 201, before.text
    show = f"/documents/show/{before.json['pk']}/"
    with running(server.port, server.static, show=show) as load:
        store.stop()
        try:
            refused = visitor.post("/documents/upload/", {"title": "During"}, file=PICTURE)
            page = visitor.get(show)
        finally:
            store.start()
        after = visitor.post("/documents/upload/", {"title": "After"}, file=PICTURE)
    assert not load.failures()
    assert (refused.status, after.status) == (500, 201)
    assert "<img" in page.text  # the page is complete; only its picture is missing while the store is
    titles = visitor.titles()
    assert {"Before", "After"} <= titles
    assert "During" not in titles, "a row without its file"
    assert {before.json["name"], after.json["name"]} <= set(store.names())


def test_an_unreachable_mail_server_costs_only_the_mail(server: Production) -> None:
    visitor = Visitor(server.port)
    with running(server.port, server.static) as load:
        failed = visitor.get("/documents/fail/")  # Django tries to mail this error to the administrators
        asked = visitor.submit("/accounts/password_reset/", {"email": "ada@example.com"})
        load.wait_for_more()
    assert (failed.status, asked.status) == (500, 302)
    assert "<style" in failed.text
    assert not load.failures()
    wait_until(lambda: "Failed to send password reset email" in server.log_text)
