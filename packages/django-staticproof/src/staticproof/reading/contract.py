"""The contract of the static files storage, and how much each kind of fault weighs under it.

Three contracts are told apart:

* plain: files are served under the names that the author wrote. A hard-coded `/static/` URL works.
* manifest: collectstatic stores a hashed copy next to the plain one. `{% static %}` raises an exception for a name
  that is not in the manifest, and collectstatic stops at a stylesheet's `url()` of a missing file.
* hashed: as manifest, and the plain copies are deleted (`WHITENOISE_KEEP_ONLY_HASHED_FILES`).

https://docs.djangoproject.com/en/stable/ref/contrib/staticfiles/#manifeststaticfilesstorage
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage
from django.utils.module_loading import import_string

from ..findings import Finding, Level


class Contract(enum.IntEnum):
    """What the storage promises about names, in the order of strictness."""

    PLAIN = 0
    MANIFEST = 1
    HASHED = 2


CHOICES = tuple(contract.name.lower() for contract in Contract)

NOTE, WARNING, ERROR = Level.NOTE, Level.WARNING, Level.ERROR

# For each kind of fault: its level under plain, manifest and hashed. None: no fault at all.
WEIGHTS: dict[str, tuple[Level | None, Level | None, Level | None]] = {
    "always": (ERROR, ERROR, ERROR),
    "tag needs manifest": (NOTE, ERROR, ERROR),  # {% static %} of a name that the manifest cannot have
    "folder": (None, NOTE, ERROR),  # {% static 'imgs/' %}: the manifest storage leaves folders as they are
    "glued folder": (NOTE, WARNING, ERROR),  # {% static 'imgs/' %}{{ name }}
    "hard-coded": (NOTE, WARNING, ERROR),  # the plain URL of a file that exists
    "collectstatic stops": (NOTE, ERROR, ERROR),  # what post-processing cannot resolve
    "not rewritten": (None, WARNING, ERROR),  # the file exists, its hashed name is not written here
    "harmless": (NOTE, NOTE, NOTE),
    "rewritten": (None, NOTE, NOTE),  # a hard-coded URL that collectstatic replaces
    "at import": (NOTE, ERROR, ERROR),  # static() before there is a manifest
}
HOLDS = {Contract.MANIFEST: "with a manifest storage", Contract.HASHED: "where only hashed files are kept"}

_as_if: Contract | None = None


def judge_as(name: str | None) -> None:
    """Judge as if the storage had this contract (one of ``CHOICES``); None: as the settings say.

    Raises:
        ValueError: for any other name.
    """
    global _as_if
    if name is not None and name not in CHOICES:
        raise ValueError(f"'{name}' is none of {', '.join(CHOICES)}.")
    _as_if = None if name is None else Contract[name.upper()]


def contract() -> Contract:
    """Return the contract of the configured storage, or the one that `judge_as` asks for."""
    if _as_if is not None:
        return _as_if
    storage = configured_class()
    if storage is None or not issubclass(storage, HashedFilesMixin):
        return Contract.PLAIN
    return Contract.HASHED if getattr(settings, "WHITENOISE_KEEP_ONLY_HASHED_FILES", False) else Contract.MANIFEST


def weigh(kind: str) -> tuple[Level | None, str]:
    """Return the level of a kind of fault, and the words that say under which storage the finding holds."""
    now = contract()
    levels = WEIGHTS[kind]
    if len(set(levels)) == 1:
        return levels[now], "with any storage"
    fails = Contract.MANIFEST if levels[Contract.MANIFEST] == levels[Contract.HASHED] else Contract.HASHED
    if now == Contract.PLAIN:
        return levels[now], f"an error {HOLDS[fails]}; this site's storage is plain"
    return levels[now], HOLDS[fails if levels[now] == levels[fails] else now]


def site_storages() -> dict[str, Any]:
    """Return the site's own STORAGES, also in a rehearsal that uses another storage."""
    return getattr(settings, "STATICPROOF_SITE_STORAGES", None) or settings.STORAGES


def configured_class() -> Any:
    """Return the class of the configured static files storage, None where the setting names no importable class.

    The storage itself is not created: a remote one would open a connection to read its manifest.
    """
    try:
        found = import_string(site_storages()["staticfiles"]["BACKEND"])
    except (KeyError, TypeError, ImportError):
        return None
    return found if isinstance(found, type) else None


def hashing_class() -> Any:
    """Return the class whose patterns decide what is rewritten: the configured one, or Django's where it is plain."""
    found = configured_class()
    return found if found is not None and issubclass(found, HashedFilesMixin) else ManifestStaticFilesStorage


def finding(
    kind: str, number: int, message: str, hint: str, file: Path | None, line: int | None, *, own: bool = True
) -> list[Finding]:
    """Return the finding of a fault of this kind, in a list that is empty where the contract allows it.

    The message says under which storage the finding holds. What is not the site's own is a note.
    """
    level, holds = weigh(kind)
    if level is None:
        return []
    message = f"{message.removesuffix('.')} ({holds})."
    return [Finding(number, level if own else Level.NOTE, message, hint, file, line)]
