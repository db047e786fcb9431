"""The answers to requests for one static file: status, headers, and which bytes of which variant."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from .rfc9110 import IDENTITY, UnsatisfiableError, byte_range, failed_precondition, parse_date, preferred_coding

Headers = list[tuple[str, str]]
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
# A 304 has no content, so it omits the headers that describe content (15.4.5).
OF_THE_CONTENT = frozenset({"content-encoding", "content-length", "content-type", "last-modified"})
# An error describes no file, so it omits these as well, and it must not be cached as long as the file.
OF_THE_FILE = OF_THE_CONTENT | {"accept-ranges", "cache-control", "content-disposition", "etag", "expires", "vary"}


EMPTY = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0")]


class ChangedFileError(Exception):
    """The file on disk is no longer the file that Django announced."""


class CheckedFile(io.FileIO):
    """A file of a known size, opened for reading.

    Opening it raises `ChangedFileError` when the size is wrong, and OSError when there is no such file. Closing it
    raises `ChangedFileError` when the file was truncated in the meantime: then bytes that were announced are missing.
    WSGI servers call `close()` after sending. An exception there makes them close the connection, so that no client
    treats the next answer as the rest of this one.
    """

    def __init__(self, path: str, size: int) -> None:
        super().__init__(path, "rb")
        self.size, self.position = size, 0
        if os.fstat(self.fileno()).st_size != size:
            super().close()
            raise ChangedFileError(f"{path} should have {size} bytes")

    def seek(self, position: int, whence: int = os.SEEK_SET, /) -> int:
        """Seek, and remember the position: `socket.sendfile` seeks to the end of what it has sent."""
        found = super().seek(position, whence)
        if whence == os.SEEK_SET:
            self.position = max(self.position, found)
        return found

    def close(self) -> None:
        truncated = (
            not self.closed
            and max(self.tell(), self.position) < self.size
            and os.fstat(self.fileno()).st_size < self.size
        )
        super().close()
        if truncated:
            raise ChangedFileError(f"{self.name!r} was truncated while it was sent")


class FilePart:
    """The bytes of an open file from ``first`` up to ``end``, to be read in order."""

    def __init__(self, file: CheckedFile, first: int, end: int) -> None:
        self.file, self.left, self.close = file, end - first, file.close
        file.seek(first)

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes. Raise `ChangedFileError` when the file ends too early."""
        content = self.file.read(min(size, self.left))
        if self.left and not content:
            raise ChangedFileError(f"{self.file.name!r} was truncated while it was sent")
        self.left -= len(content)
        return content


class Variant:
    """The file in one content coding: its path, size and headers, and its content where the edge keeps it."""

    def __init__(self, coding: str, path: str, size: int, headers: Headers) -> None:
        self.coding, self.path, self.size, self.headers = coding, path, size, headers
        self.not_modified = [header for header in headers if header[0].lower() not in OF_THE_CONTENT]
        named = {name.lower(): value for name, value in headers}
        self.etag = named.get("etag", "")
        self.last_modified = named.get("last-modified", "")
        self.modified = parse_date(self.last_modified)
        self.content: bytes | None = None

    def open(self) -> CheckedFile:
        """Open the file. Raise OSError or `ChangedFileError`."""
        return CheckedFile(self.path, self.size)


class Answer(NamedTuple):
    """A status line and headers. With ``variant``, the content is that file, or the bytes in ``span`` of it."""

    status: str
    headers: Headers
    variant: Variant | None = None
    span: tuple[int, int] | None = None


class StaticFile:
    """A static file with its compressed variants, answered by RFC 9110.

    ``variants`` are keyed by their content coding.
    """

    def __init__(self, variants: Mapping[str, Variant]) -> None:
        self.variants = dict(variants)
        self.codings = tuple(sorted(self.variants, key=lambda coding: self.variants[coding].size))

    def without(self, coding: str) -> StaticFile:
        """Return the same file without one of its compressed variants."""
        return StaticFile({key: variant for key, variant in self.variants.items() if key != coding})

    def answer(self, method: str, environ: Mapping[str, Any]) -> Answer:
        """Return the answer to a GET or HEAD request. The content of the answer to HEAD is not to be sent."""
        coding = preferred_coding(environ.get("HTTP_ACCEPT_ENCODING", ""), self.codings)
        if coding is None:
            return self.error(HTTPStatus.NOT_ACCEPTABLE, ("Vary", "Accept-Encoding"))
        variant = self.variants[coding]
        for condition in CONDITIONS:
            if condition in environ:
                break
        else:
            if "HTTP_RANGE" not in environ:  # nearly every request
                return Answer("200 OK", variant.headers, variant)
        return self._conditional_answer(method, environ, variant)

    def error(self, status: HTTPStatus, *headers: tuple[str, str]) -> Answer:
        """Return an error without content, with the headers that the site adds to all its answers."""
        common = [header for header in self.variants[IDENTITY].headers if header[0].lower() not in OF_THE_FILE]
        return Answer(_line(status), [*common, *headers, *EMPTY])

    def _conditional_answer(self, method: str, environ: Mapping[str, Any], variant: Variant) -> Answer:
        status = failed_precondition(environ, variant.etag, variant.modified)
        if status == HTTPStatus.NOT_MODIFIED:
            return Answer(_line(HTTPStatus.NOT_MODIFIED), variant.not_modified)
        if status:
            return self.error(HTTPStatus.PRECONDITION_FAILED)
        if method == "HEAD" or "HTTP_RANGE" not in environ:  # a range has a meaning for GET only (14.2)
            return Answer("200 OK", variant.headers, variant)
        try:
            span = byte_range(environ, variant.size, variant.etag, variant.last_modified)
        except UnsatisfiableError:
            return self.error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, ("Content-Range", f"bytes */{variant.size}"))
        if span is None:
            return Answer("200 OK", variant.headers, variant)
        first, end = span
        headers = [header for header in variant.headers if header[0].lower() != "content-length"]
        headers += [("Content-Range", f"bytes {first}-{end - 1}/{variant.size}"), ("Content-Length", str(end - first))]
        return Answer(_line(HTTPStatus.PARTIAL_CONTENT), headers, variant, span)


def _line(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"
