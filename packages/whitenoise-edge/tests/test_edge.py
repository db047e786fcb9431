"""The edge answers for static files as the middleware does, header by header, and Django answers everything else."""

import gzip
import io
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.wsgi import get_wsgi_application

from edge import application as edge_application
from edge.application import Application, Edge
from edge.rfc9110 import IDENTITY
from edge.static_file import StaticFile

pytestmark = pytest.mark.django_db  # at the end of a request Django looks at its database connections

Answer = tuple[str, list[tuple[str, str]], bytes]
DECODE: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}


def ask(application: Application, path: str, method: str = "GET", scheme: str = "https", **headers: str) -> Answer:
    """What a WSGI server would send: status line, headers, body."""
    started: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.file_wrapper": FileWrapper,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    body = application(environ, lambda status, sent, exc_info=None: started.extend((status, sent)))
    content = b"".join(body)
    if isinstance(body, FileWrapper):
        body.close()
    return started[0], started[1], content


@pytest.fixture
def django() -> Application:
    application: Application = get_wsgi_application()
    return application


@pytest.fixture
def edge(django: Application) -> Edge:
    return Edge(django)


def never(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise AssertionError("Django was entered")


@pytest.fixture
def alone(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """The edge with nothing behind it: what it hands on is an error."""
    monkeypatch.setattr(edge, "application", never)
    return edge


@pytest.fixture
def stylesheet() -> str:
    return staticfiles_storage.url("css/site.css")


def lines(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers by their lower-case names, without the one by which each request is found in the log."""
    return {name.lower(): value for name, value in headers if name != "X-Request-ID"}


def collected() -> Iterator[tuple[str, Path]]:
    root = Path(settings.STATIC_ROOT)
    for path in root.rglob("*"):
        if path.is_file() and path.suffix not in {".gz", ".br"}:
            yield f"/static/{path.relative_to(root).as_posix()}", path


def test_every_collected_file_is_served_by_the_edge_alone(alone: Edge) -> None:
    files = dict(collected())
    assert len(files) > 100
    for url, path in files.items():
        for coding in DECODE:
            status, headers, body = ask(alone, url, accept_encoding=coding)
            assert status == "200 OK"
            sent = lines(headers).get("content-encoding", IDENTITY)
            assert sent in (coding, IDENTITY)
            assert DECODE[sent](body) == path.read_bytes(), url
            assert lines(headers)["content-length"] == str(len(body))


@pytest.mark.parametrize("coding", DECODE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
def test_the_middleware_answers_every_file_alike(edge: Edge, django: Application, method: str, coding: str) -> None:
    for url, _ in collected():
        ours, theirs = (ask(server, url, method, accept_encoding=coding) for server in (edge, django))
        assert ours[0] == theirs[0], url
        assert lines(ours[1]) == lines(theirs[1]), url
        assert ours[2] == theirs[2], url


CONDITIONS = [
    {"range": "bytes=0-0"},
    {"range": "bytes=-5", "accept_encoding": "br"},
    {"range": "bytes=9999999-"},
    {"range": "bytes=0-0,2-2"},
    {"range": "bytes=0-9", "if_range": '"other"'},
    {"if_none_match": "*"},
    {"if_match": '"other"'},
    {"accept_encoding": "identity;q=0, gzip;q=0, br;q=0"},
    {"if_modified_since": "Sat, 01 Jan 2050 00:00:00 GMT"},
]


@pytest.mark.parametrize("headers", CONDITIONS, ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_middleware_answers_every_condition_alike(
    edge: Edge, django: Application, stylesheet: str, method: str, headers: dict[str, str]
) -> None:
    ours, theirs = (ask(server, stylesheet, method, **headers) for server in (edge, django))
    assert (ours[0], lines(ours[1]), ours[2]) == (theirs[0], lines(theirs[1]), theirs[2])


def test_each_coding_has_a_strong_tag_of_its_own(alone: Edge, stylesheet: str) -> None:
    """RFC 9110, 8.8.3.3: "entity tags ... distinguish between" codings, or cached parts of two are put together."""
    answers = [lines(ask(alone, stylesheet, accept_encoding=coding)[1]) for coding in DECODE]
    tags = {answer["etag"] for answer in answers}
    assert len(tags) == 3
    assert all(tag.startswith('"') for tag in tags)
    # 12.5.5: the field is there "to inform cache recipients" on the plain answer as well
    assert {answer["vary"] for answer in answers} == {"Accept-Encoding"}


def test_who_has_the_file_is_told_so(alone: Edge, stylesheet: str) -> None:
    """RFC 9110, 15.4.5: 304 carries Cache-Control, ETag and Vary as 200 would, and nothing about the bytes."""
    whole = lines(ask(alone, stylesheet, accept_encoding="br")[1])
    status, headers, body = ask(alone, stylesheet, accept_encoding="br", if_none_match=f"W/{whole['etag']}")
    assert (status, body) == ("304 Not Modified", b"")
    absent = {"content-type", "content-length", "content-encoding", "last-modified"}
    assert lines(headers) == {name: value for name, value in whole.items() if name not in absent}


def test_a_part_is_a_part_of_the_encoded_file(alone: Edge, stylesheet: str) -> None:
    """RFC 9110, 14.2: ranges are those of the selected representation; 15.3.7: 206 carries its headers."""
    _, whole, body = ask(alone, stylesheet, accept_encoding="gzip")
    status, headers, part = ask(alone, stylesheet, accept_encoding="gzip", range="bytes=10-19")
    assert (status, part) == ("206 Partial Content", body[10:20])
    assert lines(headers) == lines(whole) | {"content-range": f"bytes 10-19/{len(body)}", "content-length": "10"}


def test_head_ignores_a_range(alone: Edge, stylesheet: str) -> None:
    """RFC 9110, 14.2: "MUST ignore a Range header field received with a request method" but GET."""
    status, headers, body = ask(alone, stylesheet, "HEAD", range="bytes=0-0")
    assert (status, body) == ("200 OK", b"")
    assert headers == ask(alone, stylesheet)[1]


@pytest.mark.parametrize(
    ("method", "headers", "status", "said"),
    [
        ("POST", {}, "405 Method Not Allowed", {"allow": "GET, HEAD"}),  # 15.5.6
        ("GET", {"range": "bytes=999999-"}, "416 Range Not Satisfiable", {"content-range": "bytes */"}),  # 15.5.17
        ("GET", {"if_match": '"a"'}, "412 Precondition Failed", {}),  # 15.5.13
        ("GET", {"accept_encoding": "*;q=0"}, "406 Not Acceptable", {"vary": "Accept-Encoding"}),  # 15.5.7
    ],
)
def test_a_refusal_says_why_and_carries_the_security_headers(
    alone: Edge, stylesheet: str, method: str, headers: dict[str, str], status: str, said: dict[str, str]
) -> None:
    got, sent, body = ask(alone, stylesheet, method, **headers)
    assert (got, body) == (status, b"")
    assert lines(sent)["content-length"] == "0"
    assert lines(sent)["x-content-type-options"] == "nosniff"
    assert "max-age" in lines(sent)["strict-transport-security"]
    assert all(lines(sent)[name].startswith(value) for name, value in said.items())


def test_http_is_left_to_django_to_redirect(edge: Edge, stylesheet: str) -> None:
    status, headers, _ = ask(edge, stylesheet, scheme="http", host="testserver")
    assert status == "301 Moved Permanently"
    assert dict(headers)["Location"] == f"https://testserver{stylesheet}"


def test_an_exemption_from_the_redirect_is_for_its_paths_only(settings: Any, stylesheet: str) -> None:
    settings.SECURE_REDIRECT_EXEMPT = ["^$"]
    assert ask(Edge(get_wsgi_application()), stylesheet, scheme="http", host="testserver")[0].startswith("301")


def test_http_is_answered_where_the_site_allows_it(
    settings: Any, stylesheet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECURE_SSL_REDIRECT = False
    edge = Edge(get_wsgi_application())
    monkeypatch.setattr(edge, "application", never)
    status, headers, body = ask(edge, stylesheet, scheme="http")
    assert status == "200 OK"
    assert "strict-transport-security" not in lines(headers)  # RFC 6797, 7.2: not over plain HTTP
    assert body == ask(edge, stylesheet)[2]


def test_a_header_that_tells_of_https_is_left_to_django(settings: Any, stylesheet: str) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert not Edge(get_wsgi_application()).files


def numbered(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A middleware that gives each answer a number, and all of them a common header."""
    numbers = itertools.count()

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["X-Number"], response["X-Common"] = str(next(numbers)), "yes"
        return response

    return middleware


def test_what_belongs_to_one_request_is_not_repeated(settings: Any, stylesheet: str) -> None:
    settings.MIDDLEWARE = [f"{__name__}.numbered", *settings.MIDDLEWARE]
    headers = lines(ask(Edge(get_wsgi_application()), stylesheet)[1])
    assert headers["x-common"] == "yes"
    assert "x-number" not in headers


def test_without_the_middleware_django_answers(settings: Any, stylesheet: str) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "StaticFiles" not in name]
    assert ask(Edge(get_wsgi_application()), stylesheet, host="testserver")[0] == "404 Not Found"


def test_a_redirect_to_an_index_file_is_left_to_django(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("An index")
    settings.STATIC_ROOT, settings.WHITENOISE_INDEX_FILE = tmp_path, True
    edge = Edge(get_wsgi_application())
    assert set(edge.files["https"]) == {"/static/"}
    assert ask(edge, "/static/index.html")[0] == "302 Found"


def test_a_large_file_is_sent_by_the_server(
    django: Application, stylesheet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ask(Edge(django), stylesheet)
    monkeypatch.setattr(edge_application, "SMALL", 0)
    edge = Edge(django)
    assert ask(edge, stylesheet) == whole
    assert ask(edge, stylesheet, range="bytes=3-7")[2] == whole[2][3:8]


def test_files_in_memory_have_a_limit(django: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_application, "TOTAL", 5000)
    files = Edge(django).files["https"].values()
    kept = [len(variant.body) for file in files for variant in file.variants.values() if variant.body is not None]
    assert kept
    assert sum(kept) <= 5000


HOSTILE = ["/static/../manage.py", "/static/css/../../manage.py", "/static//css/site.css", "/static/\0", "/static/css/"]


@pytest.mark.parametrize("path", [*HOSTILE, "/static/%2e%2e/manage.py", "/static/\xff\xfe", "/static/..\\manage.py"])
def test_a_path_is_looked_up_and_never_opened(edge: Edge, path: str) -> None:
    assert ask(edge, path, host="testserver")[0].startswith("404")


def test_a_name_with_any_letters_is_found(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "grün %41.css").write_text("a {}")
    settings.STATIC_ROOT = tmp_path
    edge = Edge(get_wsgi_application())
    assert ask(edge, "/static/grün %41.css".encode().decode("latin-1"))[2] == b"a {}"
    assert isinstance(next(iter(edge.files["https"].values())), StaticFile)


def test_a_file_without_a_date_has_no_tag(settings: Any, tmp_path: Path) -> None:
    """WhiteNoise believes no date of 1970, which reproducible images give to all files."""
    (tmp_path / "a.css").write_text("a {}")
    os.utime(tmp_path / "a.css", (0, 0))
    settings.STATIC_ROOT = tmp_path
    edge = Edge(get_wsgi_application())
    status, headers, _ = ask(edge, "/static/a.css", if_none_match='""')
    assert status == "200 OK"
    assert lines(headers).keys().isdisjoint({"etag", "last-modified"})
    assert edge.files["https"]["/static/a.css"].codings == (IDENTITY,)
