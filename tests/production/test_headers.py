"""The headers as a scanner sees them, and Django's deployment check: no finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import PRODUCTION, Site

from production.observatory import faults
from production.sites import Production, production, put
from production.visitor import Answer, Visitor

HSTS = {"SECURE_HSTS_SECONDS": "31536000"}  # a year; the Observatory requires six months
STORE = {
    "AWS_STORAGE_BUCKET_NAME": "media",
    "AWS_S3_ENDPOINT_URL": "https://s3.example.com",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}
STACKS = {
    "a plain server": {"EMAIL_URL": "submission://user:password@smtp.example.com:587"},
    "a platform": {
        "DATABASE_URL": "postgres://user:password@db.example.com/site",
        "CACHE_URL": "rediss://cache.example.com:6379",
        "EMAIL_URL": "submission://user:password@smtp.example.com:587",
        **STORE,
    },
    "Heroku": {
        "DYNO": "web.1",
        "PORT": "5000",
        "DATABASE_URL": "postgres://user:password@db.example.com/site",
        "REDIS_URL": "rediss://:password@cache.example.com:6379",
        "EMAIL_URL": "submission://user:password@smtp.example.com:587",
        **STORE,
    },
}
PAGES = {
    "home": "/",
    "about": "/about/",
    "sign-in": "/accounts/login/",
    "admin": "/admin/",
    "a list of the admin": "/admin/documents/document/",
    "a form of the admin": "/admin/documents/document/add/",
    "robots.txt": "/robots.txt",
    "404": "/none/",
    "404 of a static file": "/static/none.css",
    "404 of an upload": "/media/none.png",
    "405": "/accounts/logout/",
    "500": "/documents/fail/",
    "a redirection": "/about",
}


@pytest.fixture(scope="module")
def server(owned: Site, tmp_path_factory: pytest.TempPathFactory, sqlite: Callable[..., str]) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("headers")
    with production(owned, folder, DATABASE_URL=sqlite(folder), **HSTS) as running:
        yield running


@pytest.fixture(scope="module")
def visitor(server: Production) -> Visitor:
    """A signed-in visitor, so that there are cookies to check."""
    visitor = Visitor(server.port)
    assert not faults(visitor.get("/admin/login/"))
    assert not faults(visitor.sign_in())
    return visitor


@pytest.mark.parametrize("stack", STACKS)
def test_the_deployment_check_finds_nothing(copy: Site, stack: str) -> None:
    """With real answers in place of the examples; the check needs no connection to the database or the store."""
    settings = copy.path / "config" / "settings.py"
    put(settings, '"Your Name"', '"Ada Lovelace"')
    put(settings, '"you@example.com"', '"ada@example.org"')
    variables = PRODUCTION | {"SITE_DOMAIN": "www.example.org"} | STACKS[stack]
    checked = copy.manage("check", "--deploy", "--fail-level", "WARNING", cwd=copy.path, **variables)
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("name", PAGES)
def test_a_page_gets_full_marks(visitor: Visitor, name: str) -> None:
    answer = visitor.get(PAGES[name])
    expected = int(name[:3]) if name[:3].isdigit() else 301 if name == "a redirection" else 200
    assert answer.status == expected
    assert not faults(answer)


def test_a_bad_request_gets_full_marks(visitor: Visitor) -> None:
    wrong_host = visitor.get("/", {"Host": "evil.example"})
    assert (wrong_host.status, faults(wrong_host)) == (400, [])
    no_token = Visitor(visitor.port).post("/accounts/login/", {"username": "ada"})
    assert (no_token.status, faults(no_token)) == (403, [])


def test_a_lockout_gets_full_marks(server: Production) -> None:
    visitor = Visitor(server.port)
    answers = [visitor.sign_in("nobody", "wrong") for _ in range(5)]
    assert answers[-1].status == 429
    assert not faults(answers[-1])


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_a_static_file_gets_full_marks(server: Production, encoding: str) -> None:
    answer = Visitor(server.port).get(server.static, {"Accept-Encoding": encoding})
    assert answer.status == 200
    assert not faults(answer, page=False)
    again = {"Accept-Encoding": encoding, "If-None-Match": answer.headers["ETag"]}
    assert Visitor(server.port).get(server.static, again).status == 304


def test_the_first_redirection_is_to_https_on_the_same_host(server: Production) -> None:
    answer = Visitor(server.port).get("/about/", {"X-Forwarded-Proto": "http"})
    assert (answer.status, answer.headers["Location"]) == (301, "https://localhost/about/")
    assert not answer.headers["Set-Cookie"]


def test_a_probe_sets_no_cookie(server: Production) -> None:
    for path in ("/livez", "/readyz"):
        answer = Visitor(server.port).get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not answer.headers["Set-Cookie"]


def test_the_scanner_reports_each_missing_header(server: Production) -> None:
    """Test the scanner itself: it must report a fault for each removed header."""
    answer = Visitor(server.port).get("/")
    for name in answer.headers:
        if name.lower() in {"content-type", "content-length", "date", "connection", "server", "vary", "x-request-id"}:
            continue
        less = Answer(answer.status, type(answer.headers)(), answer.body)
        for other, value in answer.headers.items():
            if other != name:
                less.headers[other] = value
        if name.lower() not in {"content-language", "cache-control", "expires"}:
            assert faults(less), f"the scanner does not check {name}"
