"""Clients that request URLs of a site: through its WSGI application in this process, or over HTTP."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote_to_bytes, urljoin, urlsplit

from django.conf import settings
from django.core.signals import got_request_exception
from django.shortcuts import resolve_url
from django.test import RequestFactory
from django.urls import NoReverseMatch

from ..rehearsal import NotRunError
from .isolation import connections

TIMEOUT = 20  # seconds to wait for a response over HTTP; an uncached page of a deployed site may be slow
REDIRECTS = 5  # follow at most so many redirects; browsers stop after 20
MOVED = {301, 302, 303, 307, 308}
ENDLESS = "text/event-stream"  # a body that never ends


class UnreachableError(NotRunError):
    """The site sent no HTTP response. The message is the reason."""


@dataclass(frozen=True)
class Response:
    """A response: status, headers by lower-case name, and the body as sent (still encoded).

    ``errors`` are the exceptions that Django has converted to an error page, oldest first. They are known only for an
    application in this process.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    errors: tuple[BaseException, ...] = field(default=(), compare=False)

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def text(self) -> str:
        """Return the body as text. Bytes that are not UTF-8 are replaced, which keeps the references readable."""
        return self.body.decode("utf-8", "replace")


class Client(Protocol):
    """Something that can GET an absolute URL."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the response, with any status. Do not follow redirects. Raise UnreachableError without a response."""


def _merged(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name. Repeated headers are joined, as RFC 9110, section 5.3, allows."""
    merged: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        merged[key] = f"{merged[key]}, {value}" if key in merged else value
    return merged


class WsgiClient:
    """Call a WSGI application (PEP 3333) directly, with the environ of an HTTPS request through a proxy."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """See `Client.get`. An exception of the application becomes a response 500 without a body."""
        started: dict[str, Any] = {"status": "500", "headers": []}
        errors: list[BaseException] = []
        body: list[bytes] = []

        def start_response(status: str, response_headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            started.update(status=status, headers=response_headers)
            return body.append

        def note_exception(**_: object) -> None:
            if error := sys.exc_info()[1]:
                errors.append(error)

        got_request_exception.connect(note_exception)
        try:
            chunks = self.application(_environ(url, headers or {}), start_response)
            try:
                if ENDLESS not in _merged(started["headers"]).get("content-type", ""):
                    body.extend(chunks)
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        except Exception as error:  # noqa: BLE001 - the proof reports any exception of the site
            errors.append(error)
            return Response(500, {}, b"", tuple(errors))
        finally:
            got_request_exception.disconnect(note_exception)
        return Response(int(started["status"][:3]), _merged(started["headers"]), b"".join(body), tuple(errors))


def _environ(url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    parts = urlsplit(url)
    path, script_name = parts.path or "/", (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    if script_name and path.startswith(f"{script_name}/"):  # a proxy removes this prefix from the path
        path = path.removeprefix(script_name)
    # The header in which a proxy confirms HTTPS to this site.
    name, value = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("HTTP_X_FORWARDED_PROTO", "https")
    extra: dict[str, Any] = {name: value.partition(",")[0], "SERVER_NAME": parts.hostname or "localhost"}
    target = parts._replace(scheme="", netloc="", path=path).geturl()
    request = RequestFactory().get(target, secure=True, headers={"Host": parts.netloc, **headers}, **extra)
    # Django has already decoded the path, and applied FORCE_SCRIPT_NAME.
    return {**request.META, "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1")}


class HttpClient:
    """Send requests over HTTP."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """See `Client.get`."""
        parts = urlsplit(url)
        target = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.netloc, timeout=TIMEOUT)
        try:
            with connections.own():
                connection.request("GET", target, headers={"User-Agent": "staticproof", **(headers or {})})
                answer = connection.getresponse()
                body = b"" if ENDLESS in answer.headers.get("Content-Type", "") else answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(f"{url} does not respond: {error or type(error).__name__}") from error
        finally:
            connection.close()
        return Response(answer.status, _merged(answer.getheaders()), body)


def arrive(client: Client, url: str, headers: Mapping[str, str] | None = None) -> tuple[str, Response]:
    """Follow redirects within the site, but not to a login. Return the last URL and its response."""
    response = client.get(url, headers)
    for _ in range(REDIRECTS):
        target = urljoin(url, response.headers.get("location", "")).partition("#")[0]
        if response.status not in MOVED or _is_login(target) or not _same_site(target, url):
            break
        url, response = target, client.get(target, headers)
    return url, response


def needs_login(response: Response) -> bool:
    """Return whether a response asks for a login."""
    if response.status in MOVED:
        return _is_login(response.headers.get("location", ""))
    return response.status in {401, 403}


def _is_login(location: str) -> bool:
    """Return whether a redirect leads to a login: to LOGIN_URL, or to a URL with the next page, as in the admin."""
    parts = urlsplit(location)
    try:
        login = urlsplit(resolve_url(settings.LOGIN_URL)).path
    except NoReverseMatch:
        login = ""
    return parts.path == login or "next" in parse_qs(parts.query)


def _same_site(url: str, other: str) -> bool:
    """Return whether a redirect stays on the site. A redirect to or from `www.` does."""
    hosts = {(urlsplit(address).hostname or "").removeprefix("www.") for address in (url, other)}
    return len(hosts) == 1
