"""Read files that may be hostile, and keep the results until a file changes.

`runserver` starts a new process whenever a Python file changes, and a thousand templates take seconds to compile. When
reading has taken long, the results are written to one file in the user's cache folder, never into the project. The
unpickler for this file creates only plain classes of this app. The file is ignored when this app, Django, Python or a
tag library has changed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import pickle
import platform
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import django
from django.template import engines

from ..cache_folder import cache_folder
from ..findings import Level

Learned = TypeVar("Learned")

THIS_APP = Path(__file__).resolve().parent.parent
LIMIT = 5 * 1024 * 1024  # bytes; hand-written files are much smaller, and parsing takes a second for each megabyte
WORTHWHILE = 0.3  # seconds of reading; below that, a cache file saves no time

_known: dict[tuple[str, Hashable], tuple[tuple[int, ...], Any]] = {}  # by path and key: the file's stamp, the result
_lasting: set[tuple[str, Hashable]] = set()
_unsaved = 0.0


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
    global _unsaved
    try:
        status = path.stat()
    except OSError as error:
        raise Unreadable(101, Level.ERROR, f"cannot be read: {error.strerror}.") from error
    place = (str(path), key)
    stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
    known = _known.get(place)
    if known is not None and known[0] == stamp:
        return known[1]  # type: ignore[no-any-return]
    started = time.perf_counter()
    text = _read(path, status, encoding)
    try:
        learned = learn(text)
    except RecursionError as error:
        raise Unreadable(102, Level.WARNING, "is nested too deeply to be read, so nothing in it is proven.") from error
    _known[place] = (stamp, learned)
    if lasting:
        _lasting.add(place)
        _unsaved += time.perf_counter() - started
    return learned


def load(root: Path) -> None:
    """Read the results of an earlier process for the site in this folder. A broken file is ignored."""
    if _known or (file := _file(root)) is None:
        return  # this process has newer results
    with contextlib.suppress(Exception):  # after an error, everything is read again
        status = file.stat()
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
            return  # another user could have written it
        fingerprint, known = _Reader(io.BytesIO(file.read_bytes())).load()
        if fingerprint == _fingerprint():
            _known.update(known)
            _lasting.update(known)


def save(root: Path) -> None:
    """Write the results of existing files when learning took long. A folder that cannot be written to is ignored."""
    global _unsaved
    if _unsaved < WORTHWHILE:
        return
    _unsaved = 0.0
    if (file := _file(root)) is None:
        return
    _lasting.difference_update([place for place in _lasting if not os.path.exists(place[0])])  # noqa: PTH110 - faster
    known = {place: _known[place] for place in _lasting}
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as temporary:
            pickle.dump((_fingerprint(), known), temporary, pickle.HIGHEST_PROTOCOL)
        Path(temporary.name).replace(file)


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


@functools.cache
def _fingerprint() -> str:
    """Return a digest of everything except the files themselves that the results depend on."""
    libraries = {
        module
        for backend in engines.all()
        if (engine := getattr(backend, "engine", None))
        for module in (*engine.libraries.values(), *map(str, engine.builtins))
    }
    modules = [getattr(sys.modules.get(name), "__file__", None) or name for name in sorted(libraries)]
    files = [*modules, *sorted(str(path) for path in THIS_APP.rglob("*.py"))]
    return _digest([django.__version__, platform.python_version(), *map(_stamp, files)])


def _stamp(path: str) -> str:
    try:
        status = Path(path).stat()
    except OSError:
        return path
    return f"{path} {status.st_mtime_ns} {status.st_size}"


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _file(root: Path) -> Path | None:
    folder = cache_folder()
    return folder / f"{_digest([str(root)])[:16]}.pickle" if folder else None


class _Reader(pickle.Unpickler):
    """Create only classes of this app, so that a cache file from elsewhere cannot run code."""

    def find_class(self, module: str, name: str) -> Any:
        package = __name__.removesuffix(".reading.memory")
        if module.startswith(f"{package}.") or (module, name) in {("builtins", "set"), ("builtins", "frozenset")}:
            found = getattr(sys.modules[module], name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not a class of this app")
