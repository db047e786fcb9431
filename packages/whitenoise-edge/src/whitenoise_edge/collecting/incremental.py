"""WhiteNoise's storage, which processes only what has changed since it last ran on this machine.

Each content is compressed once, on other threads while files are still being written, and kept in a cache (`contents`).
A record lists what the last run read and wrote (`record`); unchanged files are left alone. Django and WhiteNoise do the
rest: this class gives them fewer files. The methods that it overrides are listed and checked in `interfaces`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage as WhiteNoiseStorage

from .atomic import replacing
from .record import Made, Record, Source, stamp_of, stamps

# Few sites have as many static files. Each takes some hundred bytes.
URLS = 10_000

Sources = Mapping[str, tuple[Storage, str]]

_report: Callable[[str], object] | None = None


@contextlib.contextmanager
def rebuilding_manifest(report: Callable[[str], object]) -> Iterator[None]:
    """During the block, load a broken manifest as an empty one and report it, because it is about to be replaced."""
    global _report  # Django creates the storage, so it cannot be passed to it
    _report = report
    try:
        yield
    finally:
        _report = None


class IncrementalStorage(WhiteNoiseStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """`CompressedManifestStaticFilesStorage` that leaves unchanged files alone."""

    _record: Record | None = None
    _sources: Sources = {}
    _settled: Mapping[str, str] = {}
    _executor: ThreadPoolExecutor | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._references: dict[str, set[str]] = {}
        self._compressed: dict[str, Future[list[str]]] = {}
        self._known_url = lru_cache(maxsize=URLS)(super().url)

    def url(self, name: str, force: bool = False) -> str:
        """Return Django's URL. In production it is computed once, until something is collected."""
        return str(super().url(name, force) if settings.DEBUG and not force else self._known_url(name, force))

    def load_manifest(self) -> Any:
        """Return what Django reads. While `collectstatic` runs, a broken manifest is reported and counts as empty."""
        try:
            return super().load_manifest()
        except (ValueError, AttributeError) as error:
            if _report is None:
                raise
            _report(f"The manifest {self.manifest_name} is broken and will be built again: {error}")
            return {}, ""

    def begin(self) -> None:
        """Read what the last run left. `collectstatic` calls this first; otherwise `post_process` does."""
        self._record = Record.load(Path(self.location), self._fingerprint())
        self._seen: dict[str, Source] = {}
        self._intact: set[str] = set()
        self._settled = {}
        self._references = {}
        self._compressed = {}

    def is_collected(self, name: str, source_storage: Storage, path: str) -> bool:
        """Return whether this source is as in the last run, and everything made of it is still there, unchanged.

        An original in the folder, where only hashed files are kept, has to be processed and removed.
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
        """Do what WhiteNoise does for the changed files. Yield the unchanged ones with `processed=False`."""
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
            self.hashed_files = dict(self._settled)
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
        """Do what Django does, but only once for a text that refers to no file.

        Django repeats the work for all texts until no name in them changes. A text without references is final after
        the first time, and can be compressed while the others are written.
        """
        keys = {name: self.hash_key(self.clean_name(name)) for name in paths}
        left = {name: paths[name] for name, key in keys.items() if key not in hashed_files or self._references.get(key)}
        # A set, because Django looks each file up in it.
        for step in super()._post_process(left, frozenset(adjustable_paths), hashed_files):
            name, hashed, *_ = step
            if hashed and not self._references.get(keys[name]):
                self._compress([hashed])
            yield step

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> Any:
        """Return WhiteNoise's name. A file that a text refers to is read from its source: it need not be copied yet."""
        path = self.clean_name(_file_of(name))
        if content is None and path in self._sources:
            storage, source = self._sources[path]
            with storage.open(source) as original:
                return super().hashed_name(name, original, filename)
        if content is None and any(source.startswith(f"{path}/") for source in self._sources):
            return name  # a folder, which Django gives no hash; it need not exist yet
        return super().hashed_name(name, content, filename)

    def url_converter(self, name: str, hashed_files: dict[str, str], *args: Any, **kwargs: Any) -> Any:
        """Return Django's converter. It also records the references of the text and finds unchanged files."""
        references = self._references.setdefault(self.clean_name(name), set())
        return super().url_converter(name, _Names(hashed_files, self._settled, references), *args, **kwargs)

    def save_manifest(self) -> None:
        """Save the manifest, the unchanged files included."""
        self.hashed_files |= self._settled
        self._known_url.cache_clear()
        super().save_manifest()

    def delete_files(self, files_to_delete: Collection[str]) -> None:
        """Delete files that WhiteNoise takes for intermediate ones, except the hashed names of unchanged files."""
        super().delete_files(set(files_to_delete).difference(self._settled.values()))

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """Return WhiteNoise's compressor with a cache."""
        from .compression import RememberingCompressor  # a server in production compresses nothing

        return RememberingCompressor(**kwargs)

    def compress_files(self, paths: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield what WhiteNoise yields. Most of the files have been compressed by now."""
        self._compress(paths)
        for name in paths:
            yield from ((name, variant) for variant in self._variants(name))

    @contextlib.contextmanager
    def _compressing(self) -> Iterator[None]:
        """Let other threads compress during the block. When it fails, drop the files that have not been started."""
        extensions = getattr(settings, "WHITENOISE_SKIP_COMPRESS_EXTENSIONS", None)
        self.compressor = self.create_compressor(extensions=extensions, quiet=True)
        try:
            yield
        finally:
            self._stop_compressing()
            self._sources = {}

    def _stop_compressing(self) -> None:
        """Save the compressed contents, and drop the files that have not been started."""
        if self._executor:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None
        self._compressed = {name: future for name, future in self._compressed.items() if not future.cancelled()}
        self.compressor.contents.close()

    def _compress(self, names: Iterable[str]) -> None:
        # No more threads than cores: they would only take turns with the thread that writes the files.
        self._executor = self._executor or ThreadPoolExecutor(os.cpu_count())
        for name in names:
            if name not in self._compressed and self.compressor.should_compress(name):
                self._compressed[name] = self._executor.submit(self._compress_file, self.path(name))

    def _compress_file(self, path: str) -> list[str]:
        return list(self.compressor.compress(path))  # a generator up to WhiteNoise 6.4

    def _variants(self, name: str) -> list[str]:
        """Wait until a file is compressed, and return the names of its compressed files."""
        if name not in self._compressed:
            return []
        start = len(self.path(name))
        return [f"{name}{path[start:]}" for path in self._compressed[name].result()]

    def _save(self, name: str, content: Any) -> str:
        """Save as Django does, except that an incomplete file is never seen under its name."""
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
        """Return a digest of everything that the output depends on besides the sources: code, versions, settings."""
        modules = {each.__module__ for each in (*type(self).__mro__, Compressor)}
        files = sorted(file for name in modules if (file := getattr(sys.modules[name], "__file__", None)))
        files.append(os.path.join(os.path.dirname(__file__), "compression.py"))
        brotli = sys.modules.get("brotli")
        facts = [
            # Only size and modification time: uv links packages, so the rest differs between environments.
            [(file, (stamp_of(file) or ())[:2]) for file in files],
            [sys.version, zlib.ZLIB_RUNTIME_VERSION, getattr(brotli, "__version__", None)],
            [f"{type(self).__module__}.{type(self).__qualname__}", self.base_url, self.keep_only_hashed_files],
            [self.manifest_name, self.manifest_strict, settings.STATIC_URL],
            [self.file_permissions_mode, self.directory_permissions_mode],
            list(getattr(settings, "WHITENOISE_SKIP_COMPRESS_EXTENSIONS", None) or ["default"]),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


class _Names(dict[str, str]):
    """The hashed names known so far, those of unchanged files included. It records every name that is looked up."""

    def __init__(self, processed: dict[str, str], settled: Mapping[str, str], asked: set[str]) -> None:
        self.processed, self.settled, self.asked = processed, settled, asked

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(_file_of(name))
        return self.processed.get(name) or self.settled.get(name, default)


def _file_of(reference: str) -> str:
    """Return the name of the file as Django's `hashed_name` reads it: `a.eot?v=1` and `a.css.map ` name files too."""
    return urlsplit(unquote(reference)).path.strip()
