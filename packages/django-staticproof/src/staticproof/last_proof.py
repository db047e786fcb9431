"""What the last proof of this site on this machine has found, for a page that wants to show it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from .cache_folder import cache_folder
from .collecting.atomic import write
from .project import base_dir


def summary() -> dict[str, Any] | None:
    """The object of the last finished proof, or None. Never raises; the file is read when it is new.

    Besides the keys of ``--format json`` it has ``when``: the end of that proof, in seconds since 1970 (UTC).
    """
    file = _file(cache_folder(), base_dir())
    if file is None:
        return None
    try:
        written = file.stat()
        return {**_read(file, written.st_mtime_ns), "when": written.st_mtime}
    except (OSError, ValueError):
        return None


def remember(data: dict[str, Any]) -> None:
    """Keep the object of a proof for `summary`; in the user's cache folder, so that nothing is left in the project."""
    file = _file(cache_folder(), base_dir())
    if file is not None:
        with contextlib.suppress(OSError):  # a cache that cannot be written is no fault of the site
            file.parent.mkdir(parents=True, exist_ok=True)
            write(str(file), json.dumps(data).encode())


@functools.lru_cache(maxsize=1)
def _read(file: Path, written: int) -> dict[str, Any]:
    """The file as it was written at that time: a busy page need not read it for every visitor."""
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


@functools.lru_cache(maxsize=1)
def _file(folder: Path | None, root: Path) -> Path | None:
    """A file of its own for each site."""
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    return folder / "proven" / f"{digest[:16]}.json" if folder else None
