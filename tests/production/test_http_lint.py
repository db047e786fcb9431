"""The headers of pages and static files as REDbot sees them: https://redbot.org/. Its linter is httplint."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from conftest import Site
from httplint import HttpRequestLinter, HttpResponseLinter
from servers import procfile

from production.proxies import HOST, caddy, nginx
from production.sites import static_file

# Each warning that may appear, and the reason why it is right so.
PAGES = {
    "FRESHNESS_NO_CACHE_NO_VALIDATOR": "each page has a nonce of its own, so no copy can be confirmed; but without "
    "no-store, browsers go back to a page without a request",
    "CC_CONFLICTING": "Django's never_cache names every directive, for caches that know only some",
    "STORE_PUBLIC_UNNECESSARY": "says that the web manifest is the same for everybody",
}
FILES = {"STORE_PUBLIC_UNNECESSARY": "WhiteNoise's own words; harmless"}
PATHS = {
    "/": PAGES,
    "/about/": PAGES,
    "/about": PAGES,
    "/none/": PAGES,
    "/accounts/login/": PAGES,
    "/accounts/password_reset/": PAGES,
    "/admin/": PAGES,
    "/admin/login/": PAGES,
    "/favicon.ico": PAGES,
    "/robots.txt": PAGES,
    "/site.webmanifest": PAGES,
    "/sitemap.xml": PAGES,
    "/.well-known/security.txt": PAGES,
    "/livez": {},
    "/static/none.css": PAGES,
}
NAMES = ("css/site.css", "js/main.js", "icons/icon.svg", "icons/icon-192.png", "icons/favicon.ico")
CONDITIONS: list[tuple[str, dict[str, str]]] = [
    *(("GET", {"Accept-Encoding": coding}) for coding in ("br", "gzip", "identity")),
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-9"}),
    ("GET", {"Range": "bytes=9999999-"}),
    ("GET", {"If-None-Match": "*"}),
]


class Front(NamedTuple):
    """The site, and how to connect to gunicorn or to the proxy in front of it."""

    site: Site
    connect: Callable[[], http.client.HTTPConnection]


@pytest.fixture(scope="module", params=["directly", "nginx", "Caddy"])
def front(request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("lint")
    with procfile(site, folder / "web.log", DATABASE_URL=f"sqlite:///{folder}/db.sqlite3") as (port, _):
        if request.param == "directly":
            yield Front(site, lambda: http.client.HTTPConnection(HOST, port, timeout=60))
            return
        with {"nginx": nginx, "Caddy": caddy}[request.param](site, folder, port) as proxy:
            yield Front(site, lambda: http.client.HTTPSConnection(HOST, proxy.port, context=proxy.trusting, timeout=60))


def warnings(front: Front, method: str, path: str, headers: dict[str, str]) -> dict[str, str]:
    """Send a request, and return the warnings about the response: their names in httplint, with a summary."""
    connection = front.connect()
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", **headers}
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return linted(method, path, headers, response.status, response.getheaders(), body)


def linted(
    method: str, path: str, sent: dict[str, str], status: int, headers: list[tuple[str, str]], body: bytes
) -> dict[str, str]:
    request = HttpRequestLinter()
    request.process_request_topline(method.encode(), f"https://{HOST}{path}".encode(), b"1.1")
    request.process_headers(encoded(list(sent.items())))
    request.finish_content(True)
    response = HttpResponseLinter(start_time=time.time(), no_content=method == "HEAD")
    response.base_uri, response.request, response.is_head_response = f"https://{HOST}{path}", request, method == "HEAD"
    response.process_response_topline(b"1.1", str(status).encode())
    response.process_headers(encoded(headers))
    if body:
        response.feed_content(body)
    response.finish_content(True)
    return {
        type(note).__name__: f"{method} {path} {sent}: {note.summary}"
        for note in response.notes
        if note.level.value in {"warning", "bad"}
    }


def encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def unexplained(found: dict[str, str], explained: dict[str, str]) -> list[str]:
    return [f"{name}: {text}" for name, text in found.items() if name not in explained]


@pytest.mark.parametrize("path", PATHS)
def test_the_headers_of_a_page_have_no_unexplained_warning(front: Front, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert unexplained(warnings(front, method, path, {}), PATHS[path]) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_headers_of_a_static_file_have_no_unexplained_warning(front: Front, name: str) -> None:
    for method, headers in CONDITIONS:
        assert unexplained(warnings(front, method, static_file(front.site, name), headers), FILES) == []


def test_every_explanation_is_needed(front: Front) -> None:
    found = {name for path in PATHS for name in warnings(front, "GET", path, {})}
    assert found == PAGES.keys()


@pytest.mark.parametrize(
    ("headers", "warning"),
    [
        ([("Content-Length", "5")], "CL_INCORRECT"),
        ([("Content-Length", "3"), ("Vary", "*")], "VARY_ASTERISK"),
        ([("Content-Length", "3"), ("ETag", "a")], "BAD_SYNTAX"),
    ],
)
def test_wrong_headers_are_seen(headers: list[tuple[str, str]], warning: str) -> None:
    assert warning in linted("GET", "/", {}, 200, [("Content-Type", "text/plain"), *headers], b"abc")
