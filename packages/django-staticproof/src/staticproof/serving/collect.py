"""Collect the static files with the site's own storage, and check the result (rules S4 and S5)."""

from __future__ import annotations

import filecmp
import gzip
import io
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.management.commands.collectstatic import Command as DjangosCollectstatic
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage, staticfiles_storage
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.test.utils import override_settings

from ..findings import Finding, Level
from ..project import shown
from ..reading.contract import Contract, configured_class, contract
from ..reading.index import build
from ..rehearsal import one_line
from .complaints import Complaint

STALE = 84
DAMAGED = 85
COLLECT = "Run `manage.py collectstatic --no-input`."
CLEAR = "Run `manage.py collectstatic --clear --no-input`; if the fault remains, the storage writes the file wrongly."


# The storages that the proof uses when the site's own storage is remote or fails.
MANIFEST = {"BACKEND": "staticproof.serving.collect.ManifestStorage"}
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


class ManifestStorage(ManifestStaticFilesStorage):
    """Django's manifest storage, except that a reference to a missing file does not stop the collection."""

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """Return the hashed name, or the name itself for a file that does not exist."""
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            return name


class NotCollectable(Exception):
    """The static files cannot be collected into the proof's temporary folder. The message is the reason."""


def _gunzipped(content: bytes) -> bytes | None:
    with suppress(OSError, EOFError, zlib.error):
        return gzip.decompress(content)
    return None


def _unbrotlied(content: bytes) -> bytes | None:
    import brotli

    with suppress(brotli.error):
        return bytes(brotli.decompress(content))
    return None


# Content coding (RFC 9110, section 8.4.1) -> the suffix of its variant for WhiteNoise and nginx, and its decoder, which
# returns None for invalid data. Without the brotli package, storages create no Brotli variants.
VARIANTS: dict[str, tuple[str, Callable[[bytes], bytes | None]]] = {"gzip": (".gz", _gunzipped)}
if find_spec("brotli"):
    VARIANTS["br"] = (".br", _unbrotlied)


@dataclass(frozen=True)
class Collection:
    """Collected static files: their folder, and the manifest (name in the source -> hashed name).

    ``plain`` is true when names have no hash. The manifest then maps each name to itself. ``storage`` is the entry of
    STORAGES that the proof used in place of the site's own, or None. ``failure`` is the error of the site's storage.
    ``damaged`` are the hashed names that the function `damaged` has reported. Serving does not check them again.
    """

    root: Path
    names: Mapping[str, str]
    plain: bool = False
    storage: Mapping[str, Any] | None = None
    failure: str = ""
    damaged: frozenset[str] = frozenset()

    @cached_property
    def hashed(self) -> dict[str, str]:
        """The reverse of the manifest: hashed name -> name in the source."""
        return {hashed: name for name, hashed in self.names.items()}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The bytes of all files without a coding (``raw``), and with each coding that the storage has prepared."""
        sizes = {"raw": 0, **dict.fromkeys(VARIANTS, 0)}
        for hashed in self.hashed:
            file = self.root / hashed
            for coding, suffix in [("raw", ""), *((coding, suffix) for coding, (suffix, _) in VARIANTS.items())]:
                variant = file.with_name(file.name + suffix)
                sent = variant if variant.is_file() else file
                sizes[coding] += sent.stat().st_size if sent.is_file() else 0
        return sizes

    def source(self, hashed: str) -> Path | None:
        """Return the source file of a hashed name, or None when no finder finds it."""
        name = self.hashed.get(hashed)
        found = finders.find(name) if name else None
        return Path(found) if isinstance(found, str) else None


def collect(root: Path, *, compressed: bool = True) -> Collection:
    """Run `collectstatic` into a folder, with the site's storage or a replacement for it.

    When ``compressed`` is false, only the names are needed. WhiteNoise's storages then leave out the Brotli and gzip
    variants, which take most of the time.

    Raises:
        NotCollectable: when even plain copies cannot be made.
    """
    failure = ""
    extensions = sorted({Path(name).suffix.removeprefix(".") for name in build().files} - {""})
    skipped = {} if compressed else {"WHITENOISE_SKIP_COMPRESS_EXTENSIONS": extensions}
    if site_storage_is_usable():
        try:
            with override_settings(STATIC_ROOT=str(root), **skipped):
                if Path(getattr(staticfiles_storage, "location", "")) == root:  # otherwise its folder is fixed
                    _run("collectstatic")
                    return collected(root)
        except Exception as error:  # noqa: BLE001 - storages may raise anything
            failure = re.sub(r" with <[^>]*>", "", one_line(error))  # Django's message contains the repr of the storage
    for storage in (PLAIN,) if contract() == Contract.PLAIN else (MANIFEST, PLAIN):
        plain = storage == PLAIN
        shutil.rmtree(root, ignore_errors=True)
        try:
            with override_settings(STATIC_ROOT=str(root), STORAGES={**settings.STORAGES, "staticfiles": storage}):
                _run(DjangosCollectstatic())
                return Collection(root, _files(root) if plain else _manifest(), plain, storage, failure)
        except Exception as error:  # noqa: BLE001 - finders and files may raise anything
            failure = failure or one_line(error)
    raise NotCollectable(f"collectstatic fails: {failure}")


def site_storage_is_usable() -> bool:
    """Return whether the site's static files storage writes to the local disk and has the contract to prove."""
    storage = configured_class()
    if storage is None or not issubclass(storage, FileSystemStorage):
        return False
    return issubclass(storage, HashedFilesMixin) == (contract() != Contract.PLAIN)


def _run(command: Any) -> None:
    call_command(command, interactive=False, verbosity=0, stdout=io.StringIO(), stderr=io.StringIO())
    if getattr(settings, "COMPRESS_OFFLINE", False):  # django-compressor: a deploy runs this next
        with suppress(Exception):  # the pages then report missing files
            call_command("compress", verbosity=0, stdout=io.StringIO(), stderr=io.StringIO())


def _files(root: Path) -> dict[str, str]:
    return {(name := path.relative_to(root).as_posix()): name for path in sorted(root.rglob("*")) if path.is_file()}


def collected(root: Path) -> Collection:
    """Return the existing collection in ``root``: the files of its manifest, or all files without a manifest."""
    if contract() == Contract.PLAIN:
        return Collection(root, _files(root), plain=True)
    if not site_storage_is_usable():
        return Collection(root, {})
    with override_settings(STATIC_ROOT=str(root)):
        return Collection(root, _manifest())


def _manifest() -> dict[str, str]:
    """Return the manifest of the active storage. Its attribute is public but undocumented, since Django 1.7."""
    return dict(getattr(staticfiles_storage, "hashed_files", {}))


def stale(existing: Collection, fresh: Collection) -> Iterator[Finding]:
    """Yield one finding when `collectstatic` would now create other files than the collection contains (rule S4).

    Additional files are harmless: files that were removed later, or files of a development package.
    """
    manifest = existing.root / getattr(configured_class(), "manifest_name", "staticfiles.json")
    if not existing.names:
        message = f"The static files are not collected in {shown(existing.root)}."
        yield Finding(STALE, Level.ERROR, message, COLLECT)
        return
    changed = sorted(name for name, hashed in fresh.names.items() if not _same(existing, fresh, name, hashed))
    if changed:
        what = f"'{changed[0]}' and {len(changed) - 1} more differ" if len(changed) > 1 else f"'{changed[0]}' differs"
        message = f"The static files were collected before the last change: {what} from the sources."
        yield Finding(STALE, Level.ERROR, message, COLLECT, None if existing.plain else manifest)


def _same(existing: Collection, fresh: Collection, name: str, hashed: str) -> bool:
    if existing.names.get(name) != hashed:
        return False
    return not existing.plain or filecmp.cmp(existing.root / name, fresh.root / name, shallow=False)


def damaged(collection: Collection, *, deployed: bool) -> Iterator[Complaint]:
    """Yield the files of the manifest that are missing, and the variants that do not decode to their file (rule S5).

    The place of a complaint is the collected file when it is ``deployed``. Otherwise it is the source, because the
    folder of a rehearsal is deleted before the user reads the message.
    """
    for name, hashed in sorted(collection.names.items()):
        path = broken = collection.root / hashed
        fault = ""
        try:
            content = path.read_bytes()
            for coding, (suffix, decode) in VARIANTS.items():
                variant = path.with_name(path.name + suffix)
                if variant.is_file() and decode(variant.read_bytes()) != content:
                    broken, fault = variant, f"has a {coding} variant that does not decode to the file."
        except OSError as error:
            fault = f"is in the manifest, but its file cannot be read: {error.strerror}."
        if fault:
            place = broken if deployed else collection.source(hashed)
            yield Complaint(DAMAGED, Level.ERROR, f"'{name}'", fault, CLEAR, place, missing=name)
