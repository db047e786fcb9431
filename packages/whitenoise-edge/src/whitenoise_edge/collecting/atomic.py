"""Files that are complete whenever they can be seen under their name."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Yield a path in the same folder to write to, and move that file to ``path`` at the end of the block.

    If the block raises (a full disk, Ctrl-C), nothing is left behind and the old file stays.
    """
    # A short name, so that there is room for it wherever there is for `path`. collectstatic ignores names with a dot.
    part = os.path.join(os.path.dirname(path), f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        raise


def write(path: str, content: bytes) -> None:
    """Write a whole file, or raise OSError and leave it as it was."""
    with replacing(path) as part, open(part, "wb") as file:
        file.write(content)
