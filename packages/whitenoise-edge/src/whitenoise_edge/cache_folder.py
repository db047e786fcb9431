"""The folder for files that may be deleted at any time: compressed contents and what the last run did."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """Return the user's cache folder, or the one that WHITENOISE_EDGE_CACHE names. It need not exist yet.

    Return None where a user has no home, as in some containers.
    """
    if named := os.environ.get("WHITENOISE_EDGE_CACHE"):
        return Path(named)
    try:
        if sys.platform == "win32":
            cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
        elif sys.platform == "darwin":
            cache = Path.home() / "Library/Caches"
        else:
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return cache / "whitenoise-edge"
