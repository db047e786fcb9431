"""The storage of the static files: WhiteNoise's, byte for byte, without doing anything twice.

    STORAGES = {"staticfiles": {"BACKEND": "staticproof.storage.IncrementalStaticFilesStorage"}, ...}

Each content is compressed once, while the other files are still written, and kept in a cache
(`collecting/contents.py`). What the last run read and left behind is on record (`collecting/record.py`); what is
unchanged is left alone. Everything else is Django's and WhiteNoise's own code, which this class only hands fewer files.
It needs no parsers: production installs it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from .collecting.atomic import replacing
from .collecting.record import Made, Record, Source, stamp_of, stamps

# So many static files has hardly any site; each takes some hundred bytes.
URLS = 10_000

type Sources = Mapping[str, tuple[Storage, str]]


class IncrementalStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # has no types
    """`CompressedManifestStaticFilesStorage`, which does only what has changed since it last ran on this machine."""

    _record: Record | None = None
    _sources: Sources = {}
    _executor: ThreadPoolExecutor | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known_url = lru_cache(maxsize=URLS)(super().url)

    def url(self, name: str, force: bool = False) -> str:
        """As Django's, which works each URL out anew. In production it is the same until something is collected."""
        return str(super().url(name) if settings.DEBUG and not force else self._known_url(name, force))

    def begin(self) -> None:
        """Look at what the last run left. `collectstatic` calls this first; without it, `post_process` does."""
        self._record = Record.load(Path(self.location), self._fingerprint())
        self._seen: dict[str, Source] = {}
        self._intact: set[str] = set()
        self._settled: dict[str, str] = {}
        self._references: dict[str, set[str]] = {}
        self._compressed: dict[str, Future[list[str]]] = {}

    def is_collected(self, name: str, source_storage: Storage, path: str) -> bool:
        """Whether this source is as it was in the last run, and what was made of it is still there, unchanged.

        An original that lies in the folder although only hashed files are kept has to be processed and removed.
        """
        assert self._record is not None
        key = self.clean_name(name)
        try:
            source = self._record.source(key, source_storage.path(path))
        except (OSError, NotImplementedError):
            return False
        self._seen[key] = source
        if not self._record.intact(key, source):
            return False
        if self.keep_only_hashed_files and os.path.lexists(f"{self._record.root}{os.sep}{key}"):
            return False
        self._intact.add(key)
        return True

    def post_process(self, paths: Sources, dry_run: bool = False, **options: Any) -> Iterator[tuple[Any, ...]]:
        """As WhiteNoise's, for what has changed. What has not is told as not processed."""
        if dry_run:
            self._record = None
            yield from super().post_process(paths, dry_run=True, **options)
            return
        if self._record is None:
            self.begin()
        for name, (storage, path) in paths.items():
            if self.clean_name(name) not in self._seen:
                self.is_collected(name, storage, path)
        record, self._record = self._record, None
        assert record is not None
        names = {self.clean_name(name): name for name in paths}
        settled = record.settled(self._intact & names.keys(), names)
        self._settled = {name: record.made[name].hashed for name in settled}
        for name, hashed in self._settled.items():
            yield names[name], hashed, False

        if len(settled) == len(names) == len(record.made) and record.manifest == self._manifest_stamp():
            self.hashed_files = self._settled
            self._known_url.cache_clear()
            return
        record.forget()
        changed = {name: paths[name] for name in paths if self.clean_name(name) not in settled}
        self._sources = {self.clean_name(name): source for name, source in paths.items()}
        failed = False
        with self._compressing():
            for name, hashed, processed in super().post_process(changed, **options):
                if isinstance(processed, Exception):
                    failed = True
                    self._stop_compressing()  # collectstatic ends now
                yield name, hashed, processed
        if not failed:
            self._remember(record, names)

    def _post_process(self, paths: Sources, adjustable_paths: Collection[str], hashed_files: dict[str, str]) -> Any:
        """As Django's, which goes over all texts again until no name in them changes.

        A text that names no file is final the first time. What is final is compressed while the rest is written.
        """
        keys = {name: self.hash_key(self.clean_name(name)) for name in paths}
        left = {name: paths[name] for name, key in keys.items() if key not in hashed_files or self._references.get(key)}
        # A set: Django asks for each file whether it is in there.
        for step in super()._post_process(left, frozenset(adjustable_paths), hashed_files):
            name, hashed, *_ = step
            if hashed and not self._references.get(keys[name]):
                self._compress([hashed])
            yield step

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> Any:
        """As WhiteNoise's, but what a text refers to is read where it comes from: it need not be copied first."""
        path = self.clean_name(_file_of(name))
        if content is None and path in self._sources:
            storage, source = self._sources[path]
            with storage.open(source) as original:
                return super().hashed_name(name, original, filename)
        if content is None and any(source.startswith(f"{path}/") for source in self._sources):
            return name  # a folder, to which Django gives no hash; it need not be there yet
        return super().hashed_name(name, content, filename)

    def url_converter(self, name: str, hashed_files: dict[str, str], *args: Any, **kwargs: Any) -> Any:
        """As Django's; it also notes to which names a text refers, and knows the names of unchanged files."""
        references = self._references.setdefault(self.clean_name(name), set())
        return super().url_converter(name, _Names(hashed_files, self._settled, references), *args, **kwargs)

    def save_manifest(self) -> None:
        self.hashed_files |= self._settled
        self._known_url.cache_clear()
        super().save_manifest()

    def delete_files(self, files_to_delete: Collection[str]) -> None:
        """As WhiteNoise's, which does not know that unchanged files are final too when a text refers to them."""
        super().delete_files(set(files_to_delete).difference(self._settled.values()))

    def create_compressor(self, **kwargs: Any) -> Compressor:
        from .collecting.compression import RememberingCompressor  # a server in production compresses nothing

        return RememberingCompressor(**kwargs)

    def compress_files(self, paths: Collection[str]) -> Iterator[tuple[str, str]]:
        """As WhiteNoise's. Most of the files are compressed by now."""
        self._compress(paths)
        for name in paths:
            yield from ((name, variant) for variant in self._variants(name))

    @contextlib.contextmanager
    def _compressing(self) -> Iterator[None]:
        """Let threads compress in the block. When it ends badly, what has not begun is left."""
        extensions = getattr(settings, "WHITENOISE_SKIP_COMPRESS_EXTENSIONS", None)
        self.compressor = self.create_compressor(extensions=extensions, quiet=True)
        try:
            yield
        finally:
            self._stop_compressing()
            self._sources = {}

    def _stop_compressing(self) -> None:
        """Keep what has been compressed, and leave what has not begun."""
        if self._executor:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None
        self._compressed = {name: future for name, future in self._compressed.items() if not future.cancelled()}
        self.compressor.contents.close()

    def _compress(self, names: Iterable[str]) -> None:
        # No more threads than cores: they would only take turns with the one that writes the files.
        self._executor = self._executor or ThreadPoolExecutor(os.cpu_count())
        for name in names:
            if name not in self._compressed and self.compressor.should_compress(name):
                self._compressed[name] = self._executor.submit(self.compressor.compress, self.path(name))

    def _variants(self, name: str) -> list[str]:
        """The names of the compressed files beside a file, which are waited for."""
        if name not in self._compressed:
            return []
        start = len(self.path(name))
        return [f"{name}{path[start:]}" for path in self._compressed[name].result()]

    def _save(self, name: str, content: Any) -> str:
        """As Django's, except that the file appears whole or not at all."""
        with replacing(self.path(name)) as part:
            super()._save(os.path.join(os.path.dirname(name), os.path.basename(part)), content)
        return str(self.clean_name(name))

    def _remember(self, record: Record, names: Mapping[str, str]) -> None:
        made = {name: record.made[name] for name in self._settled}
        for name in names:
            if name in made or name not in self._seen:
                continue
            hashed = self.hashed_files[self.hash_key(name)]
            kept = [hashed] if self.keep_only_hashed_files else [name, hashed]
            outputs = [output for each in kept for output in (each, *self._variants(each))]
            references = tuple(sorted(self._references.get(name, ())))
            made[name] = Made(self._seen[name], hashed, references, stamps(record.root, outputs))
        Record(record.root, self._fingerprint(), made, self._manifest_stamp()).save()

    def _manifest_stamp(self) -> Any:
        return stamp_of(Path(self.location) / self.manifest_name)

    def _fingerprint(self) -> str:
        """Whatever the output depends on besides the sources: code, versions, settings."""
        modules = {each.__module__ for each in (*type(self).__mro__, Compressor)}
        files = sorted(file for name in modules if (file := getattr(sys.modules[name], "__file__", None)))
        files.append(os.path.join(os.path.dirname(__file__), "collecting", "compression.py"))
        brotli = sys.modules.get("brotli")
        facts = [
            # Size and time of the last write only: uv links packages, so another environment changes the rest.
            [(file, (stamp_of(file) or ())[:2]) for file in files],
            [sys.version, zlib.ZLIB_RUNTIME_VERSION, getattr(brotli, "__version__", None)],
            [f"{type(self).__module__}.{type(self).__qualname__}", self.base_url, self.keep_only_hashed_files],
            [self.manifest_name, self.manifest_strict, settings.STATIC_URL],
            [self.file_permissions_mode, self.directory_permissions_mode],
            list(getattr(settings, "WHITENOISE_SKIP_COMPRESS_EXTENSIONS", None) or ["default"]),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


class _Names(dict[str, str]):
    """The hashed names known so far, unchanged ones included; it notes every name that it is asked for."""

    def __init__(self, processed: dict[str, str], settled: Mapping[str, str], asked: set[str]) -> None:
        self.processed, self.settled, self.asked = processed, settled, asked

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(_file_of(name))
        return self.processed.get(name) or self.settled.get(name, default)


def _file_of(reference: str) -> str:
    """The name of the file, as Django's `hashed_name` reads it: `a.eot?v=1` and `a.css.map ` are files too."""
    return urlsplit(unquote(reference)).path.strip()
