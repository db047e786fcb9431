"""The WSGI application around Django: answers requests for static files, and hands on all others."""

import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

from django.conf import settings

from .middleware import INTRODUCTION, StaticFilesMiddleware
from .static_file import Headers, StaticFile, Variant, opened

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# Bytes of files that are kept in memory, once for all workers: gunicorn loads the application before it makes them. A
# file above SMALL is sent by the kernel from the disk's cache (sendfile): opening it costs little beside its transfer.
# TOTAL leaves room on a host of 512 MB, the smallest that is common.
SMALL = 64 * 1024
TOTAL = 32 * 1024 * 1024


class Edge:
    """Answers https requests (and http ones, where the site does not redirect them) for the files of the middleware.

    Which files exist is the middleware's to say, and what every answer carries is Django's: both are asked once, here.
    Without the middleware, or with one that looks at the disk at each request as in development, Django answers all.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self.files: dict[str, dict[str, StaticFile]] = {}
        for scheme in ["https"] if settings.SECURE_SSL_REDIRECT else ["https", "http"]:
            self.files[scheme] = _files(application, scheme)
        if settings.SECURE_PROXY_SSL_HEADER:  # then a header tells the scheme, and Django reads it
            self.files.clear()
        _keep_small(self.files)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application (PEP 3333)."""
        file = self.file(environ["wsgi.url_scheme"], environ["PATH_INFO"])
        if not file:
            return self.application(environ, start_response)
        answer = file.answer(environ["REQUEST_METHOD"], environ)
        start_response(answer.status, answer.headers)
        body = answer.body
        if body is not None:
            return [bytes(body)]  # bytes stay what they are; only a range is copied
        wrapper: Callable[[Any], Iterable[bytes]] = environ.get("wsgi.file_wrapper", FileWrapper)
        return wrapper(opened(answer))

    def has(self, path: str) -> bool:
        """Whether any request gets the file at a path as WSGI has it here."""
        return any(path in files for files in self.files.values())

    def file(self, scheme: str, path: str) -> StaticFile | None:
        """The file at a path, for a request of this scheme."""
        files = self.files.get(scheme)
        return files.get(path) if files else None


def _files(application: Application, scheme: str) -> dict[str, StaticFile]:
    """The files by their path as WSGI has it, with the headers that the site adds to each answer."""
    middlewares: list[StaticFilesMiddleware] = []
    first, second = (_introduced(application, scheme, middlewares) for _ in range(2))
    if not middlewares:
        return {}
    added = [header for header in first if header in second]  # the rest belongs to one request: an id, a time
    return {
        url.encode("utf-8", "surrogateescape").decode("latin-1"): file.with_headers(added)
        for url, file in middlewares[0].files.items()
        if isinstance(file, StaticFile)  # a redirect to an index file (WHITENOISE_INDEX_FILE) is left to Django
    }


def _introduced(application: Application, scheme: str, middlewares: list[StaticFilesMiddleware]) -> Headers:
    """Send Django a request that gets no further than the middleware; return the headers of the answer."""
    sent: Headers = []
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443" if scheme == "https" else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        INTRODUCTION: middlewares,
    }
    response: Any = application(environ, lambda status, headers, exc_info=None: sent.extend(headers))
    response.close()  # every response of Django has it
    return sent


def _keep_small(files: dict[str, dict[str, StaticFile]]) -> None:
    """Read the smallest variants into memory, until they are TOTAL bytes."""
    variants: dict[Path, list[Variant]] = {}
    for by_path in files.values():
        for file in by_path.values():
            for variant in file.variants.values():
                variants.setdefault(variant.path, []).append(variant)
    left = TOTAL
    for path, same in sorted(variants.items(), key=lambda item: item[1][0].size):
        left -= same[0].size
        if left < 0 or same[0].size > SMALL:
            break
        body = path.read_bytes()
        for variant in same:
            variant.body = body
