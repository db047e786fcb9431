"""The cache folder of this app: a folder in the user's cache, or the one in STATICPROOF_CACHE."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def cache_folder() -> Path | None:
    """Return the folder, which need not exist yet. Return ``None`` when the user has no home, as in some containers."""
    if named := os.environ.get("STATICPROOF_CACHE"):
        return Path(named)
    try:
        cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    except RuntimeError:
        return None
    return Path(cache, "django-staticproof")


def last_proof(root: Path) -> Path | None:
    """Return the file with the last report of the site in this folder. It is missing before the first proof.

    It contains the JSON of `Report.as_dict()`. Return ``None`` without a cache folder.
    """
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    folder = cache_folder()
    return folder / f"{digest[:16]}.proof.json" if folder else None
