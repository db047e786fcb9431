"""A lock on a folder, so that only one `collectstatic` at a time writes to it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def locked(folder: str, on_wait: Callable[[], object]) -> Iterator[None]:
    """Hold the lock of an existing folder during the block. Call ``on_wait`` once if another process holds it.

    The folder itself is locked, so no file is left behind, and processes in containers that share the folder see each
    other's lock. The system releases it when the process ends, however it ends. Where folders cannot be locked (on
    Windows and some network file systems), the block runs without a lock.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        if fcntl:
            _wait(descriptor, on_wait)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, on_wait: Callable[[], object]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait()
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        pass
