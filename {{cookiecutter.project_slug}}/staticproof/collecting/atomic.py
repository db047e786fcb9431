"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and move that file into place when the block ends well.

    When it does not (a full disk, Ctrl-C), nothing is left behind and the old file stays.
    """
    target = Path(path)
    # The name is short, so that every name that a disk takes can be written; the dot hides it from collectstatic.
    part = target.with_name(f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole. Raises OSError; then the file is as it was."""
    with replacing(path) as part:
        part.write_bytes(content)
