"""WhiteNoise's compressor with a cache: each content is compressed once on this machine."""

from __future__ import annotations

import gzip
import os
import platform
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from whitenoise.compress import Compressor

from .atomic import replacing
from .contents import Contents

# The compressed bytes depend on these and on the content. WhiteNoise sets the level.
GZIP = f"gzip {zlib.ZLIB_RUNTIME_VERSION} {platform.python_version()}"


class RememberingCompressor(Compressor):  # type: ignore[misc]  # WhiteNoise has no types
    """Write the same files as WhiteNoise's compressor. Several threads may use it: both encoders release the GIL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contents = Contents()
        self._lock = threading.Lock()
        self._in_progress: dict[str, Future[bytes]] = {}

    def compress_brotli(self, data: bytes) -> bytes:
        """Return the content compressed with Brotli."""
        import brotli

        return self._compressed(f"br {brotli.__version__}", data, super().compress_brotli, brotli.decompress)

    def compress_gzip(self, data: bytes) -> bytes:
        """Return the content compressed with gzip."""
        return self._compressed(GZIP, data, super().compress_gzip, gzip.decompress)

    def write_data(self, path: str, data: bytes, suffix: str, stat_result: os.stat_result) -> str:
        """Write as WhiteNoise does, except that an incomplete file is never seen under its name."""
        filename = f"{path}{suffix}"
        with replacing(filename) as part:
            with open(part, "wb") as file:
                file.write(data)
            os.utime(part, (stat_result.st_atime, stat_result.st_mtime))
        return filename

    def _compressed(
        self, encoder: str, data: bytes, encode: Callable[[bytes], bytes], decode: Callable[[bytes], bytes]
    ) -> bytes:
        key = self.contents.key(encoder, data)
        # When two files have the same content, the second thread waits for the first.
        with self._lock:
            future = self._in_progress.get(key)
            is_first = future is None
            if future is None:
                future = self._in_progress[key] = Future()
        if not is_first:
            return future.result()
        try:
            compressed = self.contents.read(key)
            if compressed is None or not _decodes_to(data, compressed, decode):
                compressed = encode(data)
                self.contents.write(key, compressed)
            future.set_result(compressed)
        except BaseException as error:
            future.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._in_progress[key]
        return compressed


def _decodes_to(data: bytes, compressed: bytes, decode: Callable[[bytes], bytes]) -> bool:
    """Return whether a cached content is right. A digest would only show that it is as it was written."""
    try:
        return decode(compressed) == data
    except Exception:  # noqa: BLE001 - however it is damaged, the content is compressed again
        return False
