"""Where this app keeps what it may forget: the user's own cache folder, or the one that STATICPROOF_CACHE names."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """The folder, which need not exist yet; ``None`` where a user has no home, as in some containers."""
    if named := os.environ.get("STATICPROOF_CACHE"):
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
    return cache / "django-staticproof"
