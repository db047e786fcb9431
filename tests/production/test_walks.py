"""A visitor uses every part of the site, on the smallest and on the largest set of services."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site

from production.services import Mailbox, Redis, Store
from production.sites import Production, production
from production.visitor import ADMIN, ORIGIN, File, Visitor

STACKS = ["SQLite", "PostgreSQL, Redis, S3"]
NEW_PASSWORD = "another long enough passphrase"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(scope="module", params=STACKS)
def running(
    request: pytest.FixtureRequest,
    owned: Site,
    tmp_path_factory: pytest.TempPathFactory,
    mail_server: tuple[str, Mailbox],
) -> Iterator[Production]:
    """The site with these services and a mail server."""
    folder = tmp_path_factory.mktemp("walks")
    environment = {"EMAIL_URL": mail_server[0]}
    if request.param == "SQLite":
        environment["DATABASE_URL"] = request.getfixturevalue("sqlite")(folder)
    else:
        redis: Redis = request.getfixturevalue("redis")
        store: Store = request.getfixturevalue("store")
        environment["DATABASE_URL"] = request.getfixturevalue("database")()
        environment |= {"CACHE_URL": redis.url} | store.environment
    with production(owned, folder, **environment) as running:
        yield running
        assert "Traceback" not in running.log_text, running.log_text


@pytest.fixture
def visitor(running: Production) -> Visitor:
    return Visitor(running.port)


def test_sign_in_and_out(running: Production, visitor: Visitor) -> None:
    refused = visitor.sign_in(password="wrong")
    assert refused.status == 200
    assert "__Host-sessionid" not in visitor.cookies
    welcome = visitor.sign_in()
    assert (welcome.status, welcome.headers["Location"]) == (302, "/")
    assert "__Host-sessionid" in visitor.cookies
    assert visitor.get("/admin/").status == 200
    old = dict(visitor.cookies)
    left = visitor.submit("/admin/", {}, to="/admin/logout/")
    assert left.status in {200, 302}
    assert "__Host-sessionid" not in visitor.cookies
    assert Visitor(running.port, old).get("/admin/").status == 302  # the session itself is deleted, not only the cookie


def test_a_form_without_its_token_is_refused(visitor: Visitor) -> None:
    refused = visitor.post("/accounts/login/", {"username": ADMIN, "password": "x"})
    assert refused.status == 403


def test_the_admin(visitor: Visitor) -> None:
    visitor.sign_in()
    for path in ("/admin/", "/admin/accounts/user/", "/admin/documents/document/", "/admin/documents/document/add/"):
        page = visitor.get(path)
        assert page.status == 200, path
        for file in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert visitor.get(file).status == 200, file
    added = visitor.submit("/admin/documents/document/add/", {"title": "Added in the admin"})
    assert (added.status, added.headers["Location"]) == (302, "/admin/documents/document/")
    assert "Added in the admin" in visitor.get("/admin/documents/document/").text
    assert "Added in the admin" in visitor.get("/documents/titles/").json


def test_two_uploads_of_the_same_name(running: Production, visitor: Visitor, request: pytest.FixtureRequest) -> None:
    photo = f"photo-{uuid.uuid4().hex}"  # other tests use the same store
    visitor.sign_in()
    for title in ("First", "Second"):
        added = visitor.submit(
            "/admin/documents/document/add/", {"title": title}, file=File(f"{photo}.png", PICTURE, "image/png")
        )
        assert added.status == 302, added.text
    listed = visitor.get("/admin/documents/document/").text
    changes = set(re.findall(r'href="(/admin/documents/document/\d+/change/)', listed))
    shown = [visitor.get(path).text for path in changes]  # each page once: a signed URL contains the time in seconds
    urls = {url for page in shown for url in re.findall(r'Currently: <a href="([^"]+)"', page) if photo in url}
    assert len(urls) == 2, urls
    kept = list(Path(running.environment["MEDIA_ROOT"]).rglob(f"{photo}*.png"))
    if "AWS_S3_ENDPOINT_URL" in running.environment:
        store: Store = request.getfixturevalue("store")
        assert len([name for name in store.names() if photo in name]) == 2
        assert all("Signature" in url for url in urls), urls
        assert not kept
    else:
        assert [file.read_bytes() for file in kept] == [PICTURE] * 2


HOSTILE = {
    "page.html": (b"<script>fetch('/admin/')</script>", "text/html"),
    "script.js": (b"fetch('/admin/')", "text/javascript"),
    "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/svg+xml"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_upload_cannot_act_as_a_page_of_the_site(running: Production, visitor: Visitor, name: str) -> None:
    """A page in an upload could act for its visitor, so it is downloaded or shown in an origin of its own."""
    content, kind = HOSTILE[name]
    pk = visitor.post("/documents/upload/", {"title": name}, file=File(name, content, kind)).json["pk"]
    found = re.search(r'<img src="([^"]+)"', visitor.get(f"/documents/show/{pk}/").text)
    assert found is not None
    if "AWS_S3_ENDPOINT_URL" in running.environment:
        assert found[1].startswith(running.environment["AWS_S3_ENDPOINT_URL"])  # not the origin of the site
        return
    answer = visitor.get(found[1])
    assert answer.body == content
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
    assert "allow-scripts" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment") or kind.startswith("image/")
    assert answer.headers["Content-Type"] not in {"text/html", "text/javascript"}


def test_a_mail(visitor: Visitor, mail_server: tuple[str, Mailbox], running: Production) -> None:
    mailbox = mail_server[1]
    before = len(mailbox.messages)  # the mailbox is shared
    asked = visitor.submit("/accounts/password_reset/", {"email": "ada@example.com"})
    assert (asked.status, asked.headers["Location"]) == (302, "/accounts/password_reset/done/")
    message = mailbox.wait(before + 1)[before]
    assert message["To"] == "ada@example.com"
    parts = [part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/plain"]
    link = re.search(rf"{ORIGIN}(/accounts/reset/\S+)", b"".join(map(bytes, parts)).decode())
    assert link is not None
    opened = visitor.get(link[1])
    assert opened.status == 302
    changed = visitor.submit(opened.headers["Location"], {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert (changed.status, changed.headers["Location"]) == (302, "/accounts/reset/done/")
    assert Visitor(running.port).sign_in(password=NEW_PASSWORD).status == 302


def test_pages_and_static_files(running: Production, visitor: Visitor) -> None:
    for path in ("/", "/about/", "/accounts/login/", "/robots.txt", "/sitemap.xml", "/documents/cached/"):
        assert visitor.get(path).status == 200, path
    assert visitor.get("/none/").status == 404
    named = set(re.findall(r'"(/static/[^"]+)"', visitor.get("/").text))
    assert running.static in named
    for file in named:
        answer = visitor.get(file, {"Accept-Encoding": "br"})
        assert answer.status == 200, file
        assert "immutable" in answer.headers["Cache-Control"]


def test_the_probes(visitor: Visitor) -> None:
    for path in ("/livez", "/readyz"):
        answer = visitor.get(path, {"Host": "10.0.0.1:8000", "X-Forwarded-Proto": "http"})
        assert answer.status == 200, (path, answer.body)
        assert "no-store" in answer.headers["Cache-Control"]
        assert len(answer.body) < 20, "a probe must not reveal details"
