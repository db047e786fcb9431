"""Learn how Django answers requests for a static file, by sending it WSGI requests."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from typing import Any

from .rfc9110 import IDENTITY
from .static_file import ChangedFileError, Headers, StaticFile, Variant

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# The content codings to ask for, with the suffixes that WhiteNoise gives to the compressed files. Plain comes first.
SUFFIXES = {IDENTITY: "", "gzip": ".gz", "br": ".br"}
# These may differ between the variants of one file. Every other header has to be the same in all answers to be kept.
OF_THE_VARIANT = frozenset({"content-encoding", "content-length", "etag", "vary"})
# An address for documentation (RFC 5737): no middleware treats it as one of its own.
STRANGER = "192.0.2.1"


def learn(application: Application, environ: Environ, file: str) -> StaticFile | None:
    """Return the static file that Django serves for a WSGI request, or None to leave such requests to Django.

    ``environ`` comes from `plain_environ()`, and ``file`` is the path on disk. Django gets one request for each content
    coding. Its answer is kept only if a shared cache could keep it for everybody: it is a 200, it sets no cookie, it
    varies by `Accept-Encoding` alone, it is not private, and its length is that of the file on disk. Headers that
    differ between the answers, such as a request id, are dropped.

    Raises:
        ChangedFileError: Django announces another size than the file has. It would send a wrong number of bytes.
    """
    answers: list[Headers] = []
    for coding in SUFFIXES:
        status, headers = _ask(application, {**environ, "HTTP_ACCEPT_ENCODING": coding, "wsgi.input": io.BytesIO()})
        if not status.startswith("200 ") or not _may_be_shared(headers):
            return None
        answers.append([header for header in headers if header[0].lower() != "date"])
    stable = set.intersection(*(set(headers) for headers in answers))
    variants: dict[str, Variant] = {}
    for headers in answers:
        named = {name.lower(): value for name, value in headers}
        coding, length = named.get("content-encoding", IDENTITY), named.get("content-length", "")
        if coding in variants:
            continue  # this file has no variant of the coding that was asked for
        if coding not in SUFFIXES or not length.isdecimal() or (not variants and coding != IDENTITY):
            return None
        path = f"{file}{SUFFIXES[coding]}"
        try:
            size = os.stat(path).st_size
        except FileNotFoundError:
            return None
        if size == int(length):
            kept = [header for header in headers if header in stable or header[0].lower() in OF_THE_VARIANT]
            variants[coding] = Variant(coding, path, size, kept)
        elif coding == IDENTITY:
            raise ChangedFileError(f"{path} should have {length} bytes, it has {size}")
    return StaticFile({coding: _with_own_validators(variant, variants) for coding, variant in variants.items()})


def plain_environ(request: Environ, host: str, names: Iterable[str] = ()) -> Environ:
    """Return the environ of a request for the same scheme and path that has nothing of the visitor's in it.

    There are no cookies, no credentials and no query. Only the variables in ``names`` are copied.
    """
    server = {name for name in request if name.startswith("wsgi.") and name != "wsgi.file_wrapper"}
    return {
        **{name: request[name] for name in (*server, *names)},
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": request.get("SCRIPT_NAME", ""),
        "PATH_INFO": request["PATH_INFO"],
        "QUERY_STRING": "",
        "REMOTE_ADDR": STRANGER,
        "SERVER_NAME": host,
        "SERVER_PORT": "443" if request["wsgi.url_scheme"] == "https" else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
    }


def _ask(application: Application, environ: Environ) -> tuple[str, Headers]:
    """Send a request, and return the status line and the headers of the answer."""
    started: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, [*headers]))
        return lambda content: None

    body: Any = application(environ, start_response)
    try:
        if not started:  # PEP 3333 lets an application wait until its body is read
            next(iter(body), None)
    finally:
        if hasattr(body, "close"):
            body.close()
    return started[-1]


def _may_be_shared(headers: Headers) -> bool:
    """Return whether this answer may be given to every visitor (compare RFC 9111, 3)."""
    for name, value in headers:
        values = {part.strip().lower() for part in value.split(",")}
        match name.lower():
            case "set-cookie":
                return False
            case "vary" if not values <= {"accept-encoding"}:
                return False
            case "cache-control" if values & {"private", "no-store"}:
                return False
    return True


def _with_own_validators(variant: Variant, variants: dict[str, Variant]) -> Variant:
    """Give a variant a strong tag of its own (RFC 9110, 8.8.3.3), and say that there are others (12.5.5).

    WhiteNoise has one tag for all variants, so that a client could put parts of two together.
    """
    headers = [header for header in variant.headers if header[0].lower() != "vary"]
    if len(variants) > 1:
        headers.append(("Vary", "Accept-Encoding"))
    if variant.coding != IDENTITY and variant.etag == variants[IDENTITY].etag:
        own = f'{variant.etag[:-1]}-{variant.coding}"'
        headers = [(name, own if name.lower() == "etag" else value) for name, value in headers]
    return Variant(variant.coding, variant.path, variant.size, headers)
