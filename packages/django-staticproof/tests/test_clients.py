"""Clients send the requests of a visitor behind HTTPS. Static URLs are recognised."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from staticproof.serving.clients import WsgiClient
from staticproof.serving.static_urls import StaticUrls


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
def test_static_urls_are_recognised(url: str, name: str | None) -> None:
    assert StaticUrls("https://localhost/", None).name(url) == name


@override_settings(STATIC_URL="https://cdn.example/site/static/")
def test_behind_a_cdn_the_path_decides() -> None:
    urls = StaticUrls("https://localhost/", None)
    assert urls.name("https://cdn.example/site/static/a.css") == "a.css"
    assert urls.name("https://localhost/static/a.css") is None


def test_an_exception_of_the_application_becomes_a_response() -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    response = WsgiClient(application).get("https://localhost/")
    assert response.status == 500
    assert isinstance(response.errors[0], ZeroDivisionError)


def test_an_event_stream_is_not_read_to_its_end() -> None:
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


def test_the_application_gets_an_https_request() -> None:
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
