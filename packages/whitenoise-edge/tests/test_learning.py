"""The edge keeps only answers that a shared cache could keep for everybody, and only their stable headers."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application as get_django_application
from django.http import HttpResponseForbidden
from django.test import override_settings

from whitenoise_edge.edge import StaticFilesEdge
from whitenoise_edge.wsgi import get_wsgi_application

from .collector import Collected
from .wsgi_client import ask, lines


def numbered(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give each answer a number, and all of them a common header."""
    numbers = itertools.count()

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["X-Number"], response["X-Common"] = str(next(numbers)), "yes"
        return response

    return middleware


@pytest.fixture
def middleware() -> Iterator[Callable[[str], StaticFilesEdge]]:
    """Return a function that makes an edge around a site with one more middleware, the first."""
    overridden: list[override_settings] = []

    def make(name: str) -> StaticFilesEdge:
        override = override_settings(MIDDLEWARE=[f"{__name__}.{name}", *settings.MIDDLEWARE])
        override.enable()
        overridden.append(override)
        application = get_wsgi_application()
        assert isinstance(application, StaticFilesEdge)
        return application

    yield make
    for override in overridden:
        override.disable()


def test_headers_of_one_request_are_not_repeated(collected: Collected, middleware: Any) -> None:
    edge = middleware("numbered")
    for _ in range(2):
        headers = lines(ask(edge, collected.stylesheet)[1])
        assert headers["x-common"] == "yes"
        assert "x-number" not in headers


def cookie(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Set a cookie with each answer."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response.set_cookie("name", "value")
        return response

    return middleware


def by_language(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Declare that each answer depends on the language of the visitor."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["Vary"] = "Accept-Language, Accept-Encoding"
        return response

    return middleware


def private(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Forbid shared caches to keep the answers."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["Cache-Control"] = "max-age=60, private"
        return response

    return middleware


def for_members(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer only requests with a cookie, from one address."""

    def middleware(request: Any) -> Any:
        allowed = request.META["REMOTE_ADDR"] == "127.0.0.1" and "HTTP_COOKIE" in request.META
        return get_response(request) if allowed else HttpResponseForbidden()

    return middleware


def failing(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Fail for strangers."""

    def middleware(request: Any) -> Any:
        if request.META["REMOTE_ADDR"] != "127.0.0.1":
            raise RuntimeError
        return get_response(request)

    return middleware


@pytest.mark.parametrize("name", ["cookie", "by_language", "private", "for_members", "failing"])
def test_an_answer_that_a_shared_cache_could_not_keep_is_left_to_django(
    collected: Collected, middleware: Any, name: str
) -> None:
    edge, django = middleware(name), get_django_application()
    for headers in ({"cookie": "a=b"}, {}):
        ours, theirs = (ask(server, collected.stylesheet, **headers) for server in (edge, django))
        assert (ours[0], ours[2]) == (theirs[0], theirs[2])
        assert lines(ours[1]).get("vary") == lines(theirs[1]).get("vary")
    assert not any(edge._files.values())


def test_django_is_not_asked_again_soon_about_a_file_that_was_not_kept(
    collected: Collected, middleware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = middleware("cookie")
    requests: list[str] = []
    django = edge.application

    def counted(environ: dict[str, Any], start_response: Any) -> Any:
        requests.append(environ["REMOTE_ADDR"])
        return django(environ, start_response)

    edge.application = counted
    for _ in range(3):
        ask(edge, collected.stylesheet)
    assert len(requests) == 1 + 3
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    ask(edge, collected.stylesheet)
    assert len(requests) == 1 + 3 + 2


def test_django_sends_its_signals_for_the_requests_and_closes_them(collected: Collected) -> None:
    edge = get_wsgi_application()
    started: list[dict[str, Any]] = []
    finished: list[object] = []

    def begin(sender: object, environ: dict[str, Any], **_: Any) -> None:
        started.append(environ)

    def end(sender: object, **_: Any) -> None:
        finished.append(sender)

    request_started.connect(begin)
    request_finished.connect(end)
    try:
        for _ in range(2):
            assert ask(edge, collected.stylesheet)[0] == "200 OK"
    finally:
        request_started.disconnect(begin)
        request_finished.disconnect(end)
    assert [environ["HTTP_ACCEPT_ENCODING"] for environ in started] == ["identity", "gzip", "br"]
    assert {environ["REMOTE_ADDR"] for environ in started} == {"192.0.2.1"}
    assert len(finished) == 3
