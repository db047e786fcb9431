"""What is answered to a request for one static file, whoever answers: the middleware or the edge."""

from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.http import parse_http_date_safe
from whitenoise.responders import Response, SlicedFile

from .rfc9110 import IDENTITY, UnsatisfiableError, byte_range, failed, preferred

Headers = list[tuple[str, str]]
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
# What describes the bytes of an answer, which a 304 has none of (RFC 9110, 15.4.5). Its other headers replace those
# that a cache has stored (RFC 9111, 3.2): they are all there.
OF_THE_BYTES = frozenset({"content-encoding", "content-length", "content-type", "last-modified"})
NO_BODY = ("Content-Length", "0")


class Variant:
    """The file in one content coding: where it is, its headers and size; its bytes where the edge keeps them."""

    def __init__(self, path: str, headers: Headers, added: Headers) -> None:
        self.path = Path(path)
        self.headers = completed(headers, added)
        self.not_modified = [(name, value) for name, value in self.headers if name.lower() not in OF_THE_BYTES]
        named = {name.lower(): value for name, value in headers}
        self.size = int(named["content-length"])
        self.etag = named.get("etag", "")
        self.last_modified = named.get("last-modified", "")
        self.modified = parse_http_date_safe(self.last_modified) if self.last_modified else None
        self.body: bytes | None = None


class Answer(NamedTuple):
    """Status line, headers and, if there is a body, whose it is and which bytes: the first, and one after the last."""

    status: str
    headers: Headers
    variant: Variant | None = None
    span: tuple[int, int] | None = None

    @property
    def body(self) -> bytes | memoryview | None:
        """The bytes to send, where there are none or they are in memory; None for a file that has to be opened."""
        if self.variant is None:
            return b""
        body = self.variant.body
        return memoryview(body)[slice(*self.span)] if body is not None and self.span else body


class StaticFile:
    """A collected file and its compressed variants; answers as RFC 9110 says, where WhiteNoise's own class falls short.

    Made of what WhiteNoise found out about the file (`whitenoise.responders.StaticFile`), and of the headers that the
    site ``added`` to its answers.
    """

    def __init__(self, known: Any, added: Headers | None = None) -> None:
        self.known = known
        self.added = added or []

    @cached_property  # where the edge answers, nobody asks the middleware's files for theirs
    def variants(self) -> dict[str, Variant]:
        """By content coding, the smallest first."""
        variants = {}
        for _, path, headers in self.known.alternatives:
            coding = dict(headers).get("Content-Encoding", IDENTITY)
            variants[coding] = Variant(path, _with_own_tag(headers, coding), self.added)
        return variants

    @cached_property
    def codings(self) -> tuple[str, ...]:
        return tuple(self.variants)

    def with_headers(self, added: Headers) -> "StaticFile":
        """The same file, with headers that every answer carries unless the file has its own."""
        return StaticFile(self.known, added)

    def answer(self, method: str, environ: Mapping[str, Any]) -> Answer:
        """What to answer; ``environ`` is that of WSGI."""
        if method not in ("GET", "HEAD"):
            return self._refused(HTTPStatus.METHOD_NOT_ALLOWED, [("Allow", "GET, HEAD")])
        coding = preferred(environ.get("HTTP_ACCEPT_ENCODING", ""), self.codings)
        if coding is None:
            return self._refused(HTTPStatus.NOT_ACCEPTABLE, [("Vary", "Accept-Encoding")])
        variant = self.variants[coding]
        for condition in CONDITIONS:
            if condition in environ:
                break
        else:
            if "HTTP_RANGE" not in environ:  # nearly every request
                return Answer("200 OK", variant.headers, variant if method == "GET" else None)
        return self._conditional(method, environ, variant)

    def _conditional(self, method: str, environ: Mapping[str, Any], variant: Variant) -> Answer:
        status = failed(environ, variant.etag, variant.modified)
        if status == HTTPStatus.NOT_MODIFIED:
            return Answer(_line(HTTPStatus.NOT_MODIFIED), variant.not_modified)
        if status:
            return self._refused(HTTPStatus.PRECONDITION_FAILED, [])
        if method == "HEAD" or "HTTP_RANGE" not in environ:  # a range means something to GET only (14.2)
            return Answer("200 OK", variant.headers, variant if method == "GET" else None)
        try:
            span = byte_range(environ, variant.size, variant.etag, variant.last_modified)
        except UnsatisfiableError:
            size = ("Content-Range", f"bytes */{variant.size}")
            return self._refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, [size])
        if span is None:
            return Answer("200 OK", variant.headers, variant)
        first, end = span
        headers = [header for header in variant.headers if header[0] != "Content-Length"]
        headers += [("Content-Range", f"bytes {first}-{end - 1}/{variant.size}"), ("Content-Length", str(end - first))]
        return Answer(_line(HTTPStatus.PARTIAL_CONTENT), headers, variant, span)

    def _refused(self, status: HTTPStatus, headers: Headers) -> Answer:
        return Answer(_line(status), completed([*headers, NO_BODY], self.added))

    def get_response(self, method: str, environ: Mapping[str, Any]) -> Response:
        """The same as `answer`, for WhiteNoise's middleware."""
        answer = self.answer(method, environ)
        status = HTTPStatus(int(answer.status[:3]))
        return Response(status, answer.headers, opened(answer) if answer.variant else None)


def opened(answer: Answer) -> Any:
    """The body of an answer that has one, as a file that ends where the body does."""
    variant = answer.variant
    assert variant is not None
    file = variant.path.open("rb")
    return SlicedFile(file, answer.span[0], answer.span[1] - 1) if answer.span else file


def completed(headers: Headers, added: Headers) -> Headers:
    """Headers and those of ``added`` that they lack."""
    names = {name.lower() for name, _ in headers}
    return [*headers, *(header for header in added if header[0].lower() not in names)]


def _with_own_tag(headers: Headers, coding: str) -> Headers:
    """Each variant has a strong validator of its own (8.8.3.3): parts of two must not be put together."""
    if coding == IDENTITY:
        return headers
    return [(name, f'{value[:-1]}-{coding}"' if name.lower() == "etag" else value) for name, value in headers]


def _line(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"
