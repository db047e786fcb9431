"""The storage of the static files: WhiteNoise's, byte for byte, without doing anything twice.

    STORAGES = {"staticfiles": {"BACKEND": "staticproof.storage.IncrementalStaticFilesStorage"}, ...}

Each content is compressed once and kept in a cache (`collecting/contents.py`); what the last run read and left behind
is on record (`collecting/record.py`), and what is unchanged is left alone. Everything else is Django's and WhiteNoise's
own code, which this class only hands fewer files. It needs no parsers: production installs it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from .collecting.atomic import replacing
from .collecting.compression import RememberingCompressor
from .collecting.record import Made, Record, Source, stamp_of, stamps

# So many static files has hardly any site; each takes some hundred bytes.
URLS = 10_000

type Sources = Mapping[str, tuple[Storage, str]]


class IncrementalStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # has no types
    """`CompressedManifestStaticFilesStorage`, which does only what has changed since it last ran on this machine."""

    _record: Record | None = None

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
        self._variants: dict[str, list[str]] = {}

    def is_collected(self, name: str, source_storage: Storage, path: str) -> bool:
        """Whether this source is as it was in the last run, and what was made of it is still there, unchanged.

        An original that lies in the folder although only hashed files are kept has to be processed and removed.
        """
        if self._record is None:
            self.begin()
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
        for name, (storage, path) in paths.items():
            if self._record is None or self.clean_name(name) not in self._seen:
                self.is_collected(name, storage, path)
        record, self._record = self._record or Record(Path(self.location), ""), None
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
        self._restore(changed)
        failed = False
        for name, hashed, processed in super().post_process(changed, **options):
            failed = failed or isinstance(processed, Exception)
            yield name, hashed, processed
        self.compressor.contents.prune()
        if not failed:
            self._remember(record, names)

    def url_converter(self, name: str, hashed_files: dict[str, str], *args: Any, **kwargs: Any) -> Any:
        """As Django's; it also notes to which names a text refers, and knows the names of unchanged files."""
        references = self._references.setdefault(self.clean_name(name), set())
        return super().url_converter(name, _Names(hashed_files, self._settled, references), *args, **kwargs)

    def save_manifest(self) -> None:
        self.hashed_files |= self._settled
        self._known_url.cache_clear()
        super().save_manifest()

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return RememberingCompressor(**kwargs)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """As WhiteNoise's, the largest first: the cores are then busy until the end."""
        largest_first = sorted(paths, key=lambda name: (-os.path.getsize(self.path(name)), name))  # noqa: PTH202
        for name, variant in super().compress_files(largest_first):
            self._variants.setdefault(name, []).append(self.clean_name(variant))
            yield name, variant

    def _save(self, name: str, content: Any) -> str:
        """As Django's, except that the file appears whole or not at all."""
        full_path = Path(self.path(name))
        with replacing(full_path) as part:
            super()._save(os.path.relpath(part, self.location), content)
        return full_path.relative_to(self.location).as_posix()

    def _restore(self, changed: Sources) -> None:
        """Bring back originals that were left out as unchanged: Django opens what a text refers to there."""
        for name, (storage, path) in changed.items():
            if not self.exists(name):
                with storage.open(path) as content:
                    self._save(name, content)

    def _remember(self, record: Record, names: Mapping[str, str]) -> None:
        made = {name: record.made[name] for name in self._settled}
        for name in names:
            if name in made or name not in self._seen:
                continue
            hashed = self.hashed_files[self.hash_key(name)]
            kept = [hashed] if self.keep_only_hashed_files else [name, hashed]
            outputs = [output for kept_name in kept for output in (kept_name, *self._variants.get(kept_name, ()))]
            references = tuple(sorted(self._references.get(name, ())))
            made[name] = Made(self._seen[name], hashed, references, stamps(record.root, outputs))
        Record(record.root, self._fingerprint(), made, self._manifest_stamp()).save()

    def _manifest_stamp(self) -> Any:
        return stamp_of(Path(self.location) / self.manifest_name)

    def _fingerprint(self) -> str:
        """Whatever the output depends on besides the sources: code, versions, settings."""
        modules = {inspect.getmodule(each) for each in (*type(self).__mro__, RememberingCompressor, Compressor)}
        files = sorted({file for module in modules if module and (file := getattr(module, "__file__", None))})
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
        self.asked.add(name)
        return self.processed.get(name) or self.settled.get(name, default)
