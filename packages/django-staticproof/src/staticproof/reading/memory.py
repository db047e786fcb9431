"""Cache the results of reading the site's files, for this process and, on a large site, for the next one.

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
import sys
import tempfile
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import django
from django.template import Engine

from ..cache_folder import cache_folder

THIS_APP = Path(__file__).resolve().parent.parent
WORTHWHILE = 0.3  # seconds of reading; below that, a cache file saves no time

Place = tuple[str, Hashable]
Stamp = tuple[int, int]

_known: dict[Place, tuple[Stamp, Any]] = {}
_lasting: set[Place] = set()
_unsaved = 0.0


def recall(place: Place, stamp: Stamp) -> Any:
    """Return the cached result for a file, or None when there is none or the file has changed."""
    known = _known.get(place)
    return known[1] if known and known[0] == stamp else None


def keep(place: Place, stamp: Stamp, learned: Any, seconds: float | None) -> None:
    """Cache a result and the seconds that it took. With None, cache it for this process only."""
    global _unsaved
    _known[place] = (stamp, learned)
    if seconds is not None:
        _lasting.add(place)
        _unsaved += seconds


def load(root: Path) -> None:
    """Read the results of an earlier process for the site in this folder. A broken file is ignored."""
    if _known:
        return  # this process has newer results
    file = _file(root)
    if file is None:
        return
    with contextlib.suppress(Exception):  # after an error, everything is read again
        status = file.stat()
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
            return  # another user could have written it
        fingerprint, known = _Reader(io.BytesIO(file.read_bytes())).load()
        if fingerprint == _fingerprint():
            _known.update(known)
            _lasting.update(known)


def save(root: Path) -> None:
    """Write the results when learning took long. A folder that cannot be written to is ignored."""
    global _unsaved
    if _unsaved < WORTHWHILE:
        return
    _unsaved = 0.0
    file = _file(root)
    if file is None:
        return
    known = {place: _known[place] for place in _lasting}
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as temporary:
            pickle.dump((_fingerprint(), known), temporary)
        Path(temporary.name).replace(file)


@functools.cache
def engine_fingerprint(engine: Engine) -> str:
    """Return a digest of the tag libraries of an engine, because they change how templates compile."""
    modules = sorted({*engine.libraries.values(), *map(str, engine.builtins)})
    return _digest([_stamp(getattr(sys.modules.get(name), "__file__", None)) for name in modules])


@functools.cache
def _fingerprint() -> str:
    own = sorted(str(path) for path in THIS_APP.rglob("*.py"))
    return _digest([django.__version__, platform.python_version(), *map(_stamp, own)])


def _stamp(path: str | None) -> str:
    if path is None:
        return ""
    status = Path(path).stat()
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
