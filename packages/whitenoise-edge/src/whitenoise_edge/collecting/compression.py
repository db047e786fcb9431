"""WhiteNoise's compressor, with a memory: each content is compressed once, on this machine, for all times."""

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

# What the bytes depend on besides the content. zlib is Python's; its level is WhiteNoise's.
GZIP = f"gzip {zlib.ZLIB_RUNTIME_VERSION} {platform.python_version()}"


class RememberingCompressor(Compressor):  # type: ignore[misc]  # has no types
    """Writes what WhiteNoise's compressor writes. It is called from several threads: both encoders release the GIL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contents = Contents()
        self._lock = threading.Lock()
        self._at_work: dict[str, Future[bytes]] = {}

    def compress_brotli(self, data: bytes) -> bytes:
        import brotli

        return self._compressed(f"br {brotli.__version__}", data, super().compress_brotli, brotli.decompress)

    def compress_gzip(self, data: bytes) -> bytes:
        return self._compressed(GZIP, data, super().compress_gzip, gzip.decompress)

    def write_data(self, path: str, data: bytes, suffix: str, stat_result: os.stat_result) -> str:
        """As WhiteNoise does it, except that the file appears whole or not at all."""
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
        # Two files of the same content at the same time: the second waits for the first.
        with self._lock:
            future = self._at_work.get(key)
            mine = future is None
            if future is None:
                future = self._at_work[key] = Future()
        if not mine:
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
                del self._at_work[key]
        return compressed


def _decodes_to(data: bytes, compressed: bytes, decode: Callable[[bytes], bytes]) -> bool:
    """Whether an entry is what it says. A digest would only show that it is as it was written."""
    try:
        return decode(compressed) == data
    except Exception:  # noqa: BLE001 - damaged in whatever way: it is made anew
        return False
