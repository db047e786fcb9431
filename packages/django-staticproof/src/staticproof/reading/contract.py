"""The contract of the static files storage, and the level of each kind of fault under it.

There are three contracts:

* plain: files are served under their original names. A hard-coded `/static/` URL works.
* manifest: collectstatic stores a hashed copy next to the plain one. `{% static %}` raises an exception for a name
  that is not in the manifest, and collectstatic stops at a stylesheet's `url()` of a missing file.
* hashed: as manifest, and the plain copies are deleted (`WHITENOISE_KEEP_ONLY_HASHED_FILES`).

https://docs.djangoproject.com/en/stable/ref/contrib/staticfiles/#manifeststaticfilesstorage
"""

from __future__ import annotations

import enum
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage
from django.utils.module_loading import import_string

from ..findings import Level


class Contract(enum.IntEnum):
    """The contracts, from the least strict to the strictest."""

    PLAIN = 0
    MANIFEST = 1
    HASHED = 2


CHOICES = tuple(contract.name.lower() for contract in Contract)

NOTE, WARNING, ERROR = Level.NOTE, Level.WARNING, Level.ERROR

# For each kind of fault: its level under plain, manifest and hashed. None means that it is not a fault.
WEIGHTS: dict[str, tuple[Level | None, Level | None, Level | None]] = {
    "always": (ERROR, ERROR, ERROR),
    "tag needs manifest": (NOTE, ERROR, ERROR),  # {% static %} of a name that the manifest cannot contain
    "folder": (None, NOTE, ERROR),  # {% static 'imgs/' %}: the manifest storage leaves folders as they are
    "glued folder": (NOTE, WARNING, ERROR),  # {% static 'imgs/' %}{{ name }}
    "hard-coded": (NOTE, WARNING, ERROR),  # the plain URL of a file that exists
    "collectstatic stops": (NOTE, ERROR, ERROR),  # a reference that post-processing cannot resolve
    "not rewritten": (None, WARNING, ERROR),  # the file exists, but its hashed name is not written here
    "harmless": (NOTE, NOTE, NOTE),
    "rewritten": (None, NOTE, NOTE),  # a hard-coded URL that collectstatic replaces
    "at import": (NOTE, ERROR, ERROR),  # static() before the manifest exists
}
HOLDS = {Contract.MANIFEST: "with a manifest storage", Contract.HASHED: "where only hashed files are kept"}

_as_if: Contract | None = None


def judge_as(name: str | None) -> None:
    """Use this contract (one of ``CHOICES``) from now on. None: use the contract of the configured storage.

    Raises:
        ValueError: for any other name.
    """
    global _as_if
    if name is not None and name not in CHOICES:
        raise ValueError(f"'{name}' is not one of {', '.join(CHOICES)}.")
    _as_if = None if name is None else Contract[name.upper()]


def contract() -> Contract:
    """Return the contract that `judge_as` has set, or the one of the configured storage."""
    if _as_if is not None:
        return _as_if
    storage = configured_class()
    if storage is None or not issubclass(storage, HashedFilesMixin):
        return Contract.PLAIN
    return Contract.HASHED if getattr(settings, "WHITENOISE_KEEP_ONLY_HASHED_FILES", False) else Contract.MANIFEST


def weigh(kind: str) -> tuple[Level | None, str]:
    """Return the level of a kind of fault, and the storages that the finding applies to, in words."""
    now = contract()
    levels = WEIGHTS[kind]
    if len(set(levels)) == 1:
        return levels[now], "with any storage"
    fails = Contract.MANIFEST if levels[Contract.MANIFEST] == levels[Contract.HASHED] else Contract.HASHED
    if now == Contract.PLAIN:
        return levels[now], f"an error {HOLDS[fails]}; this site's storage is plain"
    return levels[now], HOLDS[fails if levels[now] == levels[fails] else now]


def site_storages() -> dict[str, Any]:
    """Return the site's own STORAGES, even when a rehearsal uses another storage."""
    return getattr(settings, "STATICPROOF_SITE_STORAGES", None) or settings.STORAGES


def configured_class() -> Any:
    """Return the class of the configured static files storage, or None when it cannot be imported.

    Do not create the storage itself, because a remote storage would open a connection to read its manifest.
    """
    try:
        found = import_string(site_storages()["staticfiles"]["BACKEND"])
    except (KeyError, TypeError, ImportError):
        return None
    return found if isinstance(found, type) else None


def hashing_class() -> Any:
    """Return the class whose patterns decide which URLs are rewritten.

    This is the configured class, or Django's manifest storage when the configured storage is plain.
    """
    found = configured_class()
    return found if found is not None and issubclass(found, HashedFilesMixin) else ManifestStaticFilesStorage
