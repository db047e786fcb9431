"""The WSGI application around Django: it answers requests for hashed static files, and hands on all others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from wsgiref.util import FileWrapper

from .learning import Application, Environ, learn, plain_environ
from .rfc9110 import IDENTITY
from .static_file import EMPTY, Answer, ChangedFileError, CheckedFile, FilePart, StaticFile, Variant

logger = logging.getLogger("whitenoise_edge")

# A file of up to SMALL bytes is read once and kept. For a larger one the server copies from the disk's cache to the
# network (sendfile), where opening the file costs little compared with sending it.
SMALL = 64 * 1024
# Bytes that each process keeps, of the variants that clients ask for. Every worker has its own, since it learns after
# the fork. All variants of Django's admin are about 1 MB; 16 MB in each of two workers leave room on a host of 512 MB.
MEMORY = 16 * 1024 * 1024
# Seconds until Django is asked again about a path whose answer could not be kept.
RETRY = 60
# Django's answer may depend on the scheme and the script name. A server has one or two of them.
CONTEXTS = 8
CHUNK = 64 * 1024


class StaticFilesEdge:
    """Answer GET and HEAD requests for hashed static files as Django would, without asking it each time.

    The first request for a file makes the edge send Django a request of its own and keep the answer's headers (see
    `learning`). Django answers everything that could not be kept, and all other paths and methods.
    """

    def __init__(self, application: Application, paths: Mapping[str, str], settings: Any) -> None:
        """Wrap a WSGI application. ``paths`` are the hashed files on disk, by `PATH_INFO`; see `manifest`."""
        self.application = application
        self.paths = dict(paths)
        self.host = _host(settings.ALLOWED_HOSTS)
        self.proxy_header: tuple[str, str] | None = settings.SECURE_PROXY_SSL_HEADER
        self.memory = MEMORY
        self._files: dict[tuple[str, str, bool], dict[str, StaticFile]] = {}
        self._retry_at: dict[tuple[str, str, bool, str], float] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ.get("PATH_INFO", "")
        if path in self.paths and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            try:
                file = self._file(environ, path)
            except ChangedFileError as error:
                return _send(_unavailable(error), start_response)
            if file:
                return self._respond(file, environ, start_response)
        return self.application(environ, start_response)

    def _file(self, environ: Environ, path: str) -> StaticFile | None:
        """Return the file at a path, as it is answered for the scheme of this request; None to leave it to Django."""
        secure_by_header = False
        if self.proxy_header:
            name, secure = self.proxy_header
            value = environ.get(name)
            if value not in (None, secure):
                return None
            secure_by_header = value == secure
        context = (environ["wsgi.url_scheme"], environ.get("SCRIPT_NAME", ""), secure_by_header)
        files = self._files.get(context)
        if files is None:
            if len(self._files) >= CONTEXTS:
                return None
            files = self._files.setdefault(context, {})
        file = files.get(path)
        if file is None and time.monotonic() >= self._retry_at.get((*context, path), 0):
            file = self._learn(environ, path, secure_by_header)
            if file:
                files[path] = file
            else:
                self._retry_at[(*context, path)] = time.monotonic() + RETRY
        return file

    def _learn(self, environ: Environ, path: str, secure_by_header: bool) -> StaticFile | None:
        names = [self.proxy_header[0]] if secure_by_header and self.proxy_header else []
        try:
            return learn(self.application, plain_environ(environ, self.host, names), self.paths[path])
        except ChangedFileError:
            raise
        except Exception:  # Django answers the visitor's request, whatever went wrong with this one
            logger.warning("The edge could not read Django's answer for %s", path, exc_info=True)
            return None

    def _respond(self, file: StaticFile, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        answer = file.answer(method, environ)
        variant = answer.variant
        if variant is None:
            return _send(answer, start_response)
        content = variant.content
        if content is None:
            try:
                opened = variant.open()
                content = self._keep(variant, opened)
            except (OSError, ChangedFileError) as error:
                if variant.coding != IDENTITY:  # compressed again, or not any more: send another variant
                    return self._respond(file.without(variant.coding), environ, start_response)
                return _send(_unavailable(error, file), start_response)
        if method == "HEAD":
            if content is None:
                opened.close()
            return _send(answer, start_response)
        start_response(answer.status, answer.headers)
        if content is not None:
            return [content[slice(*answer.span)] if answer.span else content]
        if answer.span:
            return FileWrapper(FilePart(opened, *answer.span), CHUNK)  # type: ignore[arg-type]  # `read` is enough
        wrapper: Callable[[Any], Iterable[bytes]] = environ.get("wsgi.file_wrapper", FileWrapper)
        return wrapper(opened)

    def _keep(self, variant: Variant, opened: CheckedFile) -> bytes | None:
        """Read and keep a small file, and close it. Return None for a large one, and when the memory is used up."""
        if variant.size > min(SMALL, self.memory):
            return None
        with opened:
            content = opened.readall()
        if len(content) != variant.size:
            raise ChangedFileError(f"{variant.path} should have {variant.size} bytes")
        with self._lock:
            if variant.content is None and variant.size <= self.memory:
                self.memory -= variant.size
                variant.content = content
        return content


def _host(allowed_hosts: Iterable[str]) -> str:
    """Return a host name that the site accepts."""
    return next((host.lstrip(".") for host in allowed_hosts if host.strip(".*")), "localhost")


def _unavailable(error: Exception, file: StaticFile | None = None) -> Answer:
    """Return a complete answer, which leaves the connection usable, for a file that cannot be sent."""
    missing = isinstance(error, FileNotFoundError)
    status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.INTERNAL_SERVER_ERROR
    logger.error("A collected static file cannot be sent: %s", error)
    no_store = ("Cache-Control", "no-store")
    if file:
        return file.error(status, no_store)
    return Answer(f"{status.value} {status.phrase}", [no_store, *EMPTY])


def _send(answer: Answer, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send an answer without content."""
    start_response(answer.status, answer.headers)
    return []
