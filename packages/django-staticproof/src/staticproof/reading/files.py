"""Read files that may be hostile. The results are kept until a file changes."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

from ..findings import Level
from . import memory

Learned = TypeVar("Learned")

LIMIT = 5 * 1024 * 1024  # bytes; hand-written files are much smaller, and parsing takes a second for each megabyte


class Unreadable(Exception):
    """A file could not be read as text. ``number`` is the rule of the finding, ``args[0]`` the rest of its message."""

    def __init__(self, number: int, level: Level, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.level = level


def remember(
    path: Path, key: Hashable, learn: Callable[[str], Learned], encoding: str = "utf-8", *, lasting: bool = True
) -> Learned:
    """Return the result of calling ``learn`` with the text of a file. Call it again only when the file has changed.

    ``key`` identifies the result, together with everything except the file that it depends on. With ``lasting``, the
    result may be saved for the next process, when it took long.

    Raises:
        Unreadable: when the file is missing, not regular, too large or not text in this encoding.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise Unreadable(101, Level.ERROR, f"cannot be read: {error.strerror}.") from error
    place = (str(path), key)
    stamp = (status.st_mtime_ns, status.st_size)
    known = memory.recall(place, stamp)
    if known is not None:
        return known  # type: ignore[no-any-return]
    text = _read(path, status, encoding)
    started = time.perf_counter()
    try:
        learned: Any = learn(text)
    except RecursionError as error:
        raise Unreadable(102, Level.WARNING, "is nested too deeply to be read, so nothing in it is proven.") from error
    memory.keep(place, stamp, learned, time.perf_counter() - started if lasting else None)
    return learned  # type: ignore[no-any-return]


def _read(path: Path, status: os.stat_result, encoding: str) -> str:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(101, Level.ERROR, "is not a regular file.")  # opening a pipe would never return
    if status.st_size > LIMIT:
        megabytes = status.st_size / 1024 / 1024
        raise Unreadable(102, Level.WARNING, f"has {megabytes:.0f} MB and is not read, so nothing in it is proven.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(101, Level.ERROR, f"cannot be read: {error.strerror}.") from error
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(103, Level.ERROR, f"is not {encoding.upper()} text (line {line}).") from error
    if "\0" in text:
        raise Unreadable(103, Level.ERROR, "is binary, not text.")
    return text
