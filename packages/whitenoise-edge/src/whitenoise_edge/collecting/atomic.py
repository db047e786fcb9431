"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Give a path beside ``path`` to write to, and move that file into place when the block ends well.

    When it does not (a full disk, Ctrl-C), nothing is left behind and the old file stays.
    """
    # The name is short, so that every name that a disk takes can be written; the dot hides it from collectstatic.
    part = os.path.join(os.path.dirname(path), f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        raise


def write(path: str, content: bytes) -> None:
    """Write a file whole. Raises OSError; then the file is as it was."""
    with replacing(path) as part, open(part, "wb") as file:
        file.write(content)
