"""Every answer to a static request is judged (S6); pages are found, read and followed."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.test import override_settings
from django.urls import include, path, re_path

from staticproof import responses
from staticproof.clients import Response, WsgiClient
from staticproof.documents import needed
from staticproof.patterns import patterns
from staticproof.responses import Expected, full
from staticproof.static_urls import StaticUrls

CONTENT = b"body { color: #123456 }" * 20
URL = "https://localhost/static/site.0123456789ab.css"
ETAG = '"6b03c91e-1cc"'


class Server:
    """A small WSGI server of one stylesheet that does everything right, until a test makes it do otherwise."""

    def __init__(self) -> None:
        self.headers = {
            "Content-Type": 'text/css; charset="utf-8"',
            "Cache-Control": "max-age=315360000, public, immutable",
            "Vary": "Accept-Encoding",
            "ETag": ETAG,
            "X-Content-Type-Options": "nosniff",
        }
        self.bodies = {"identity": CONTENT, "gzip": gzip.compress(CONTENT), "br": brotli.compress(CONTENT)}
        self.status = "200 OK"
        self.revalidates = True

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.revalidates and environ.get("HTTP_IF_NONE_MATCH") == ETAG:
            start_response("304 Not Modified", [])
            return []
        coding = environ["HTTP_ACCEPT_ENCODING"]
        headers = dict(self.headers)
        if coding != "identity" and coding in self.bodies:
            headers["Content-Encoding"] = coding
        start_response(self.status, list(headers.items()))
        return [self.bodies.get(coding, CONTENT)]

    def faults(self, **expected: Any) -> list[str]:
        """What the full check says."""
        return [fault for fault, _ in full(WsgiClient(self), Expected(URL, **expected))]


@pytest.fixture
def stylesheet(tmp_path: Path) -> Path:
    """The collected file with its variants."""
    target = tmp_path / "site.0123456789ab.css"
    target.write_bytes(CONTENT)
    for suffix in (".gz", ".br"):
        (tmp_path / (target.name + suffix)).touch()
    return target


def test_a_right_answer_has_no_faults(stylesheet: Path) -> None:
    assert Server().faults(path=stylesheet) == []
    assert Server().faults() == []


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("Content-Type", "text/plain", "sent as text/plain, not as text/css"),
        ("Content-Type", "", "sent as nothing"),
        ("Cache-Control", "max-age=60, public", "`Cache-Control: max-age=60, public`"),
        ("Cache-Control", "max-age=60, immutable", "max-age=60"),
        ("Cache-Control", "max-age=315360000", "max-age=315360000"),
        ("Cache-Control", "", "(nothing)"),
        ("Vary", "Cookie", "without `Vary: Accept-Encoding`"),
        ("ETag", "", "not 304"),
        ("X-Content-Type-Options", "", "without `X-Content-Type-Options: nosniff`"),
    ],
)
def test_a_wrong_header_is_exactly_one_fault(stylesheet: Path, header: str, value: str, said: str) -> None:
    server = Server()
    server.headers[header] = value
    (fault,) = server.faults(path=stylesheet)
    assert said in fault


def test_a_file_without_validators_is_a_fault() -> None:
    server = Server()
    del server.headers["ETag"]
    assert server.faults() == ["is sent with neither `ETag` nor `Last-Modified`: it can never be revalidated."]


def test_a_file_that_is_never_unchanged_is_a_fault() -> None:
    server = Server()
    server.revalidates = False
    assert server.faults() == ["answers 200, not 304, to a browser that has it already (`If-None-Match`)."]


def test_a_file_that_is_not_served_is_exactly_one_fault() -> None:
    server = Server()
    server.status = "404 Not Found"
    assert server.faults() == ["answers 404, not 200."]


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("gzip", gzip.compress(b"another file"), "gzip encoding that does not decode to the file"),
        ("br", b"no brotli", "br encoding that does not decode to the file"),
    ],
)
def test_an_encoding_that_does_not_decode_to_the_file_is_a_fault(coding: str, body: bytes, said: str) -> None:
    server = Server()
    server.bodies[coding] = body
    (fault,) = server.faults()
    assert said in fault


def test_a_variant_that_is_never_sent_is_a_fault(stylesheet: Path) -> None:
    server = Server()
    del server.bodies["br"]
    assert server.faults(path=stylesheet) == ["has a br variant that is never sent."]


def test_other_bytes_than_were_collected_are_a_fault(stylesheet: Path) -> None:
    stylesheet.write_bytes(b"something else")
    assert Server().faults(path=stylesheet) == ["is served with other bytes than were collected."]


def test_an_encoding_nobody_asked_for_is_a_fault() -> None:
    server = Server()
    server.headers["Content-Encoding"] = "gzip"
    assert "is sent encoded to a client that accepts no encoding." in server.faults()


def test_hashed_names_are_known_from_plain_ones() -> None:
    assert responses.HASHED.search("css/site.0123456789ab.css")
    assert not responses.HASHED.search("css/site.min.css")
    assert not responses.HASHED.search("css/deadbeef.css")


# --- Patterns ---------------------------------------------------------------------------------------------------------


def view() -> None:
    """Stand in for a view that is never called."""


class Urls:
    """A root urlconf; what is imported by name has to be a module's attribute."""

    urlpatterns = [
        path("", view),
        path("about/", view),
        path("about/", view),
        path("posts/<int:pk>/", view),
        path("blog/", include([path("feed/", view), path("<slug:slug>/", view)])),
        path("<str:user>/", include([path("photos/", view)])),
        path("accounts/logout/", view),
        re_path(r"^archive/(?P<year>\d{4})?$", view),
        re_path(r"^old/(\d+)/$", view),
        re_path(r"^contact/$", view),
    ]


def test_pages_are_the_patterns_without_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("staticproof.patterns.import_module", lambda _: Urls)
    found = patterns("any.urls")
    assert found.paths == ["/", "/about/", "/blog/feed/", "/archive/", "/contact/"]
    assert found.need_arguments == 4


# --- Documents --------------------------------------------------------------------------------------------------------


def read(body: str, content_type: str = "text/html; charset=utf-8") -> list[str]:
    """What a document at https://localhost/a/ needs, as paths."""
    response = Response(200, {"content-type": content_type}, body.encode())
    return [reference.url.removeprefix("https://localhost") for reference in needed("https://localhost/a/", response)]


@pytest.mark.parametrize(
    ("markup", "urls"),
    [
        ('<img src="/s/a.png">', ["/s/a.png"]),
        ('<img src=b.png srcset="c.png 1x, /s/d,e.png 2x">', ["/a/b.png", "/a/c.png", "/s/d,e.png"]),
        ('<link rel="preload stylesheet" href="/s/a.css">', ["/s/a.css"]),
        ('<link rel="canonical" href="/s/a">', []),
        ('<link rel="preload" imagesrcset="/s/a.png 1x,/s/b.png 2x" href="">', ["/s/a.png", "/s/b.png"]),
        ('<script src="/s/a.js"></script>', ["/s/a.js"]),
        (
            '<video src="/s/a.mp4" poster="/s/a.jpg"><track src="/s/a.vtt"></video>',
            ["/s/a.mp4", "/s/a.jpg", "/s/a.vtt"],
        ),
        ('<svg><use href="/s/a.svg#dot"/><use href="#b"/></svg>', ["/s/a.svg"]),
        ('<input src="/s/a.png"><input type=image src="/s/b.png">', ["/s/b.png"]),
        ('<meta property="og:image" content="https://localhost/s/a.png">', ["/s/a.png"]),
        ('<meta name="description" content="/s/a.png">', []),
        ('<p style="background: url(/s/a.png)">', ["/s/a.png"]),
        ("<style>\nbody { background: url('/s/a.png') }</style>", ["/s/a.png"]),
        ('<script type="module">import "/s/a.js"; import "bare"</script>', ["/s/a.js"]),
        ('<script type="importmap">{"imports": {"a": "/s/a.js", "b/": "/s/b/"}}</script>', ["/s/a.js"]),
        ('<script type="importmap">not JSON</script>', []),
        ('<script type="application/json">{"a": "/s/a.js"}</script>', []),
        ('<base href="/s/"><img src="a.png">', ["/s/a.png"]),
        ('<img src="data:image/png;base64,AA"><img src="http://[broken"><a href="/b">', []),
        ('<!-- <img src="/s/a.png"> -->', []),
    ],
)
def test_a_page_needs_what_a_browser_would_fetch(markup: str, urls: list[str]) -> None:
    assert read(markup) == urls


def test_stylesheets_scripts_and_manifests_are_read() -> None:
    assert read("@import 'b.css'; p { background: url(../c.png) }", "text/css") == ["/a/b.css", "/c.png"]
    assert read('import "./b.js"; import x from "bare";', "text/javascript") == ["/a/b.js"]
    manifest = '{"icons": [{"src": "/s/a.png"}, 7], "shortcuts": [{"icons": [{"src": "/s/b.png"}]}]}'
    assert read(manifest, "application/manifest+json") == ["/s/a.png", "/s/b.png"]
    assert read("[]", "application/manifest+json") == read("{", "application/manifest+json") == []
    assert read('<img src="/s/a.png">', "text/plain") == []


# --- Static URLs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://localhost/static/a%20b.css?v=1", "a b.css"),
        ("https://localhost/static/", None),
        ("https://localhost/about/", None),
        ("https://www.example.org/static/a.css", "a.css"),
        ("https://elsewhere.example/static/a.css", None),
    ],
)
@override_settings(STATIC_URL="/static/", ALLOWED_HOSTS=["www.example.org", "*"])
def test_static_urls_are_told_from_others(url: str, name: str | None) -> None:
    assert StaticUrls("https://localhost/", None).name(url) == name


@override_settings(STATIC_URL="https://cdn.example/site/static/")
def test_behind_a_cdn_the_path_tells() -> None:
    urls = StaticUrls("https://localhost/", None)
    assert urls.name("https://cdn.example/site/static/a.css") == "a.css"
    assert urls.name("https://localhost/static/a.css") is None


# --- The WSGI client --------------------------------------------------------------------------------------------------


def test_what_the_application_raises_is_an_answer() -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    response = WsgiClient(application).get("https://localhost/")
    assert response.status == 500
    assert isinstance(response.errors[0], ZeroDivisionError)


def test_a_stream_of_events_is_not_waited_for() -> None:
    closed: list[bool] = []

    def events() -> Iterator[bytes]:
        try:
            while True:
                yield b"data: again\n\n"
        finally:
            closed.append(True)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        stream = events()
        next(stream)
        return stream

    assert WsgiClient(application).get("https://localhost/").body == b""
    assert closed == [True]


def test_the_application_sees_a_visitor_behind_https() -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.update(environ)
        start_response("200 OK", [("Vary", "Cookie"), ("Vary", "Accept-Encoding")])(b"by write; ")
        return [b"by iteration"]

    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_TLS", "on"), FORCE_SCRIPT_NAME="/shop"):
        response = WsgiClient(application).get("https://localhost/shop/%C3%A4?q=1", {"Accept-Encoding": "br"})
    assert (seen["HTTP_X_TLS"], seen["wsgi.url_scheme"], seen["HTTP_ACCEPT_ENCODING"]) == ("on", "https", "br")
    assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/Ã¤", "q=1")
    assert response.headers["vary"] == "Cookie, Accept-Encoding"
    assert response.body == b"by write; by iteration"
