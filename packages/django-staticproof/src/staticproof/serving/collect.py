"""Collecting the static files with the site's own storage, and judging what was collected (rules S4 and S5)."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.test.utils import override_settings

from ..findings import Finding, Level
from ..project import shown
from ..reading.index import build
from ..rehearsal import said
from .complaints import Complaint

STALE = 84
DAMAGED = 85
COLLECT = "Run `manage.py collectstatic --no-input`."
CLEAR = "Run `manage.py collectstatic --clear --no-input`; if it stays, the storage writes it wrongly."


class NotCollectable(Exception):
    """The static files cannot be collected into a folder of the proof's own; the message says why."""


def _decode_brotli(content: bytes) -> bytes:
    import brotli

    try:
        return bytes(brotli.decompress(content))
    except brotli.error as error:
        raise ValueError(str(error)) from error


def _decode_gzip(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error


# Content coding (RFC 9110, section 8.4.1) -> the suffix of the variant that WhiteNoise and nginx look for, its decoder.
# A decoder raises ValueError for what is not in its format. Without the package, storages make no Brotli variants.
VARIANTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {"gzip": (".gz", _decode_gzip)}
if find_spec("brotli"):
    VARIANTS["br"] = (".br", _decode_brotli)


@dataclass(frozen=True)
class Collection:
    """Collected static files: their folder, and the manifest (name in the source -> hashed name)."""

    root: Path
    names: Mapping[str, str]

    @cached_property
    def hashed(self) -> dict[str, str]:
        """The manifest the other way round."""
        return {hashed: name for name, hashed in self.names.items()}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Bytes of all files as they are (``raw``), and as they travel with each coding that the storage prepared."""
        sizes = {"raw": 0, **dict.fromkeys(VARIANTS, 0)}
        for hashed in self.hashed:
            raw = _size(self.root / hashed) or 0
            sizes["raw"] += raw
            for coding, (suffix, _) in VARIANTS.items():
                variant = _size(self.root / (hashed + suffix))
                sizes[coding] += raw if variant is None else variant
        return sizes

    def source(self, hashed: str) -> Path | None:
        """The file that a hashed name was made from, or None where no finder knows it."""
        name = self.hashed.get(hashed)
        found = finders.find(name) if name else None
        return Path(found) if isinstance(found, str) else None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def collect(root: Path, *, compressed: bool = True) -> Collection:
    """Run `collectstatic` with the production storage into ``root``.

    ``compressed`` is false where only the names are wanted: WhiteNoise's storages then leave out the Brotli and gzip
    variants, which take most of the time.

    Raises:
        NotCollectable: when the storage is not on the disk, or a file cannot be processed.
    """
    with ExitStack() as settings_of_the_proof:
        settings_of_the_proof.enter_context(override_settings(STATIC_ROOT=str(root)))
        if not compressed:
            settings_of_the_proof.enter_context(override_settings(WHITENOISE_SKIP_COMPRESS_EXTENSIONS=_extensions()))
        if not isinstance(staticfiles_storage, FileSystemStorage):
            name = settings.STORAGES.get("staticfiles", {}).get("BACKEND")
            raise NotCollectable(f"{name} does not store on the disk, so the proof cannot collect apart from the site.")
        try:
            call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO(), stderr=io.StringIO())
        except Exception as error:
            reason = re.sub(r" with <[^>]*>", "", said(error))  # Django names the storage object, address and all
            raise NotCollectable(f"collectstatic fails: {reason}") from error
    return collected(root)


def _extensions() -> list[str]:
    """What the names of the static files end in after their last dot."""
    return sorted({suffix for name in build().files if (suffix := Path(name).suffix.removeprefix("."))})


def collected(root: Path) -> Collection:
    """What was collected into ``root`` before, as its manifest says; without one, nothing."""
    with override_settings(STATIC_ROOT=str(root)):
        return Collection(root, dict(getattr(staticfiles_storage, "hashed_files", {})))


def stale(existing: Collection, fresh: Collection, level: Level) -> Iterator[Finding]:
    """Rule S4: whether a collection lacks what `collectstatic` would make of the sources now. At most one finding.

    What it holds besides does no harm: a file that was removed since, or those of a package for development.
    """
    manifest = existing.root / getattr(staticfiles_storage, "manifest_name", "")
    if not existing.names:
        yield Finding(
            STALE, level, f"{shown(existing.root)} holds no manifest: the static files are not collected.", COLLECT
        )
        return
    changed = sorted(name for name, hashed in fresh.names.items() if existing.names.get(name) != hashed)
    if changed:
        what = f"'{changed[0]}' and {len(changed) - 1} more differ" if len(changed) > 1 else f"'{changed[0]}' differs"
        message = f"The static files were collected before the last change: {what} from the sources."
        yield Finding(STALE, level, message, COLLECT, manifest)


def damaged(collection: Collection, *, deployed: bool) -> Iterator[Complaint]:
    """Rule S5: every file of the manifest is there, and every variant decodes to its file.

    The place of a complaint is the collected file when it is ``deployed``, else its source: a rehearsal's folder is
    gone when the message is read.
    """
    for name, hashed in sorted(collection.names.items()):
        path = collection.root / hashed
        try:
            content = path.read_bytes()
        except OSError as error:
            place = path if deployed else collection.source(hashed)
            fault = f"is in the manifest, its file cannot be read: {error.strerror}."
            yield Complaint(DAMAGED, Level.ERROR, f"'{name}'", fault, CLEAR, place)
            continue
        for coding, (suffix, decode) in VARIANTS.items():
            variant = path.with_name(path.name + suffix)
            try:
                same = not variant.exists() or decode(variant.read_bytes()) == content
            except (OSError, ValueError):
                same = False
            if not same:
                place = variant if deployed else collection.source(hashed)
                fault = f"has a {coding} variant that does not decode to the file."
                yield Complaint(DAMAGED, Level.ERROR, f"'{name}'", fault, CLEAR, place)
