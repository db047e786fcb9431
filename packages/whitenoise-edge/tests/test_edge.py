"""The edge answers requests for hashed files as RFC 9110 requires, and hands everything else to Django."""

import gzip
import itertools
import os
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.validate import validator

import brotli
import pytest
from django.core.wsgi import get_wsgi_application as get_django_application
from django.test import override_settings

from whitenoise_edge import edge as edge_module
from whitenoise_edge.edge import StaticFilesEdge
from whitenoise_edge.wsgi import get_wsgi_application

from .collector import Collected
from .wsgi_client import ask, lines

DECODE: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}


@pytest.fixture
def edge(collected: Collected) -> StaticFilesEdge:
    application = get_wsgi_application()
    assert isinstance(application, StaticFilesEdge)
    return application


def never(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise AssertionError("Django got a request")


@pytest.fixture
def alone(edge: StaticFilesEdge, collected: Collected) -> StaticFilesEdge:
    """The edge after it has learnt all files, with no Django behind it."""
    for url in collected.urls:
        ask(edge, url)
    edge.application = never
    return edge


def test_every_hashed_file_is_answered_without_django(alone: StaticFilesEdge, collected: Collected) -> None:
    assert len(collected.urls) > 10
    for url, path in collected.urls.items():
        for coding in DECODE:
            status, headers, body = ask(alone, url, accept_encoding=coding)
            assert status == "200 OK"
            sent = lines(headers).get("content-encoding", "identity")
            assert sent in (coding, "identity")
            assert DECODE[sent](body) == path.read_bytes(), url
            assert lines(headers)["content-length"] == str(len(body))


def test_the_headers_are_those_of_whitenoise_except_for_the_tags(edge: StaticFilesEdge, collected: Collected) -> None:
    django = get_django_application()
    for url, coding, method in itertools.product(collected.urls, DECODE, ("GET", "HEAD")):
        ours, theirs = (ask(server, url, method, accept_encoding=coding) for server in (edge, django))
        assert (ours[0], ours[2]) == (theirs[0], theirs[2]), url
        assert lines(ours[1], "etag") == lines(theirs[1], "etag"), url


def test_each_coding_has_a_strong_tag_of_its_own(alone: StaticFilesEdge, collected: Collected) -> None:
    """RFC 9110, 8.8.3.3: without it, a client may put parts of two codings together."""
    answers = [lines(ask(alone, collected.stylesheet, accept_encoding=coding)[1]) for coding in DECODE]
    tags = {answer["etag"] for answer in answers}
    assert len(tags) == 3
    assert all(tag.startswith('"') for tag in tags)
    # 12.5.5: caches need the field on the plain answer as well.
    assert {answer["vary"] for answer in answers} == {"Accept-Encoding"}


def test_a_client_that_has_the_file_gets_304(alone: StaticFilesEdge, collected: Collected) -> None:
    """RFC 9110, 15.4.5: 304 carries Cache-Control, ETag and Vary as 200 would, and nothing about the content."""
    whole = lines(ask(alone, collected.stylesheet, accept_encoding="br")[1])
    headers = {"accept_encoding": "br", "if_none_match": f"W/{whole['etag']}"}
    status, sent, body = ask(alone, collected.stylesheet, **headers)
    assert (status, body) == ("304 Not Modified", b"")
    absent = {"content-type", "content-length", "content-encoding", "last-modified"}
    assert lines(sent) == {name: value for name, value in whole.items() if name not in absent}


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_range_is_a_range_of_the_encoded_file(alone: StaticFilesEdge, collected: Collected, size: str) -> None:
    """RFC 9110, 14.2: ranges are those of the selected representation; 15.3.7: 206 carries its headers."""
    url = collected.large if size == "large" else collected.stylesheet
    _, whole, body = ask(alone, url, accept_encoding="gzip")
    status, headers, part = ask(alone, url, accept_encoding="gzip", range="bytes=10-19")
    assert (status, part) == ("206 Partial Content", body[10:20])
    assert lines(headers) == lines(whole) | {"content-range": f"bytes 10-19/{len(body)}", "content-length": "10"}


def test_head_ignores_a_range(alone: StaticFilesEdge, collected: Collected) -> None:
    """RFC 9110, 14.2: a range has a meaning for GET only."""
    status, headers, body = ask(alone, collected.stylesheet, "HEAD", range="bytes=0-0")
    assert (status, body) == ("200 OK", b"")
    assert headers == ask(alone, collected.stylesheet)[1]


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({"range": "bytes=9999999-"}, "416", {"content-range": "bytes */"}),  # 15.5.17
        ({"if_match": '"a"'}, "412", {}),  # 15.5.13
        ({"accept_encoding": "*;q=0"}, "406", {"vary": "Accept-Encoding"}),  # 15.5.7
    ],
)
def test_an_error_gives_its_reason_and_carries_the_headers_of_the_site(
    alone: StaticFilesEdge, collected: Collected, headers: dict[str, str], status: str, expected: dict[str, str]
) -> None:
    got, sent, body = ask(alone, collected.stylesheet, **headers)
    assert (got[:3], body) == (status, b"")
    assert lines(sent)["content-length"] == "0"
    assert lines(sent)["x-content-type-options"] == "nosniff"
    assert "cache-control" not in lines(sent), "an error must not be cached for ten years"
    assert all(lines(sent)[name].startswith(value) for name, value in expected.items())


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "DELETE"])
def test_other_methods_are_left_to_django(edge: StaticFilesEdge, collected: Collected, method: str) -> None:
    assert ask(edge, collected.stylesheet, method) == ask(get_django_application(), collected.stylesheet, method)


def test_the_answers_conform_to_wsgi(edge: StaticFilesEdge, collected: Collected) -> None:
    checked = validator(edge)
    requests: list[dict[str, str]] = [{}, {"range": "bytes=1-5"}, {"if_none_match": "*"}, {"if_match": '"a"'}]
    for url, method, headers in itertools.product(
        (collected.stylesheet, collected.large, "/"), ("GET", "HEAD"), requests
    ):
        assert ask(checked, url, method, **headers)[0]


def test_http_is_redirected_where_the_site_redirects_it(collected: Collected) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60):
        edge = get_wsgi_application()
        status, headers, _ = ask(edge, collected.stylesheet, scheme="http")
        assert status == "301 Moved Permanently"
        assert dict(headers)["Location"] == f"https://testserver{collected.stylesheet}"
        assert "strict-transport-security" in lines(ask(edge, collected.stylesheet)[1])


def test_http_and_https_have_headers_of_their_own(collected: Collected) -> None:
    with override_settings(SECURE_HSTS_SECONDS=60):
        edge = get_wsgi_application()
        assert "strict-transport-security" in lines(ask(edge, collected.stylesheet)[1])
        # RFC 6797, 7.2: not over plain HTTP
        assert "strict-transport-security" not in lines(ask(edge, collected.stylesheet, scheme="http")[1])


def test_the_scheme_may_come_in_a_header(collected: Collected) -> None:
    with override_settings(
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"), SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60
    ):
        edge = get_wsgi_application()
        assert isinstance(edge, StaticFilesEdge)
        for _ in range(2):
            status, headers, _ = ask(edge, collected.stylesheet, scheme="http", x_forwarded_proto="https")
            assert status == "200 OK"
            assert "strict-transport-security" in lines(headers)
            for value in ({"x_forwarded_proto": "http"}, {"x_forwarded_proto": "HTTPS"}, {}):
                assert ask(edge, collected.stylesheet, scheme="http", **value)[0].startswith("301")
        edge.application = never
        assert ask(edge, collected.stylesheet, scheme="http", x_forwarded_proto="https")[0] == "200 OK"


def test_a_host_that_the_site_does_not_know_changes_nothing(alone: StaticFilesEdge, collected: Collected) -> None:
    """As with WhiteNoise's middleware, which does not look at the host."""
    assert ask(alone, collected.stylesheet, host="evil.example") == ask(alone, collected.stylesheet)
    assert ask(get_django_application(), collected.stylesheet, host="evil.example")[0] == "200 OK"


@pytest.mark.parametrize(
    ("allowed", "host"),
    [([], "localhost"), (["*"], "localhost"), ([".example.com"], "example.com"), (["*", "a.test"], "a.test")],
)
def test_django_is_asked_with_a_host_that_it_accepts(
    edge: StaticFilesEdge, allowed: list[str], host: str, collected: Collected
) -> None:
    with override_settings(ALLOWED_HOSTS=allowed):
        application = get_wsgi_application()
    assert isinstance(application, StaticFilesEdge)
    assert application.host == host


def test_script_names_are_kept_apart_and_limited(edge: StaticFilesEdge, collected: Collected) -> None:
    for number in range(20):
        assert ask(edge, collected.stylesheet, SCRIPT_NAME=f"/{number}")[0] == "200 OK"
    assert len(edge._files) == edge_module.CONTEXTS


@pytest.mark.parametrize(
    "settings",
    [
        {"FORCE_SCRIPT_NAME": "/app", "STATIC_URL": "/app/static/"},
        {"STATIC_URL": "https://cdn.example.com/static/"},
        {"WHITENOISE_STATIC_PREFIX": "/static/", "STATIC_URL": "/other/"},
    ],
    ids=str,
)
def test_the_path_of_static_files_follows_the_settings(collected: Collected, settings: dict[str, Any]) -> None:
    with override_settings(**settings):
        edge = get_wsgi_application()
        assert isinstance(edge, StaticFilesEdge)
        answers = {prefix: ask(edge, f"{prefix}{collected.stylesheet}") for prefix in ("", "/app")}
        served = [prefix for prefix, answer in answers.items() if answer[0] == "200 OK"]
        assert len(served) == 1  # with FORCE_SCRIPT_NAME, versions of WhiteNoise differ in which one
        edge.application = never
        assert ask(edge, f"{served[0]}{collected.stylesheet}") == answers[served[0]]


def test_a_file_that_disappears_is_not_found(edge: StaticFilesEdge, collected: Collected) -> None:
    ask(edge, collected.large)
    for suffix in ("", ".gz", ".br"):
        collected.file(collected.large, suffix).unlink()
    for method, headers in itertools.product(("GET", "HEAD"), ({}, {"range": "bytes=0-9"}, {"accept_encoding": "br"})):
        status, sent, body = ask(edge, collected.large, method, **headers)
        assert (status, body, lines(sent)["content-length"]) == ("404 Not Found", b"", "0")
        assert lines(sent)["cache-control"] == "no-store"
        assert lines(sent)["x-content-type-options"] == "nosniff"


def test_a_file_in_memory_is_answered_after_it_disappeared(alone: StaticFilesEdge, collected: Collected) -> None:
    whole = ask(alone, collected.stylesheet)
    collected.file(collected.stylesheet).unlink()
    assert ask(alone, collected.stylesheet) == whole


@pytest.mark.parametrize("learnt", [True, False], ids=["already learnt", "not yet learnt"])
@pytest.mark.parametrize("size", [0, 100, 10_000_000])
def test_a_file_of_another_size_is_never_sent(
    edge: StaticFilesEdge, collected: Collected, learnt: bool, size: int
) -> None:
    if learnt:
        ask(edge, collected.large)
    os.truncate(collected.file(collected.large), size)
    for headers in ({}, {"range": "bytes=0-9"}):
        status, sent, body = ask(edge, collected.large, **headers)
        assert (status, body, lines(sent)["content-length"]) == ("500 Internal Server Error", b"", "0")


# A variant that is removed before the edge has learnt the file makes Django answer 500.
@pytest.mark.parametrize(("learnt", "damage"), [(True, "removed"), (True, "truncated"), (False, "truncated")])
def test_another_variant_is_sent_when_a_compressed_one_is_damaged(
    edge: StaticFilesEdge, collected: Collected, learnt: bool, damage: str
) -> None:
    if learnt:
        ask(edge, collected.large)
    variant = collected.file(collected.large, ".br")
    os.truncate(variant, 10) if damage == "truncated" else variant.unlink()
    status, headers, body = ask(edge, collected.large, accept_encoding="br, gzip;q=0.5")
    assert (status, lines(headers)["content-encoding"]) == ("200 OK", "gzip")
    assert gzip.decompress(body) == collected.file(collected.large).read_bytes()
    assert "content-encoding" not in lines(ask(edge, collected.large, accept_encoding="br")[1])


def test_a_file_replaced_by_the_same_content_is_sent(edge: StaticFilesEdge, collected: Collected) -> None:
    """As `collectstatic` of another storage does it: the name is a digest of the content."""
    whole = ask(edge, collected.large)
    path = collected.file(collected.large)
    path.rename(path.with_name("away"))
    path.write_bytes(path.with_name("away").read_bytes())
    os.utime(path, (1, 1))
    assert ask(edge, collected.large) == whole


def test_the_memory_has_a_limit(edge: StaticFilesEdge, collected: Collected) -> None:
    edge.memory = 300
    answers = {url: ask(edge, url) for url in collected.urls}
    files = [file for files in edge._files.values() for file in files.values()]
    kept = [len(variant.content) for file in files for variant in file.variants.values() if variant.content is not None]
    assert kept
    assert sum(kept) + edge.memory == 300
    assert answers == {url: ask(edge, url) for url in collected.urls}


HOSTILE = ["/static/../manage.py", "/static//css/site.css", "/static/\0", "/static/css/", "/static/staticfiles.json/"]


@pytest.mark.parametrize("path", [*HOSTILE, "/static/%2e%2e/manage.py", "/static/\xff\xfe", "/static/..\\manage.py"])
def test_other_paths_are_left_to_django(edge: StaticFilesEdge, path: str) -> None:
    assert ask(edge, path)[0].startswith("404")
    assert not edge._files


def test_a_file_without_a_date_has_no_tag(collected: Collected) -> None:
    """WhiteNoise gives no tag to files of 1970, which is the date that reproducible images give to all files."""
    path = collected.file(collected.stylesheet)
    os.utime(path, (0, 0))
    edge = get_wsgi_application()
    for _ in range(2):
        status, headers, _ = ask(edge, collected.stylesheet, if_none_match='""')
        assert status == "200 OK"
        assert lines(headers).keys().isdisjoint({"etag", "last-modified"})
