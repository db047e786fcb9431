"""Which URLs inside static files the active storage rewrites to hashed names: asked of the storage's own patterns."""

from __future__ import annotations

import functools
import re
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import storage as staticfiles_storage
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.contrib.staticfiles.utils import matches_patterns
from django.utils.module_loading import import_string


def storage_class() -> Any:
    """The class of the configured static files storage, ``None`` where the setting names none that can be imported.

    The storage itself is not made: a remote one would open a connection to read its manifest.
    """
    try:
        found = import_string(settings.STORAGES["staticfiles"]["BACKEND"])
    except (KeyError, TypeError, ImportError):
        return None
    return found if isinstance(found, type) else None


def hashes_names() -> bool:
    """Whether the active storage gives files hashed names."""
    storage = storage_class()
    return storage is not None and issubclass(storage, HashedFilesMixin)


def keeps_only_hashed_files() -> bool:
    """Whether a file is gone under its plain name once it is collected (WhiteNoise's setting)."""
    return bool(getattr(settings, "WHITENOISE_KEEP_ONLY_HASHED_FILES", False))


def rewritten_spans(path: str, text: str) -> list[tuple[int, int]]:
    """The offsets of every URL in a file that the storage replaces by the URL of the hashed file."""
    storage = storage_class()
    if storage is None or not issubclass(storage, HashedFilesMixin):
        return []
    spans: list[tuple[int, int]] = []
    for extension, expression, ignored in _patterns(storage):
        if not matches_patterns(path, [extension]):
            continue
        blocks = [block.span() for block in ignored.finditer(text)] if ignored else []
        for found in expression.finditer(text):
            inside = any(start < found.start() < end for start, end in blocks)
            if not inside and "url" in found.groupdict():
                spans.append(found.span("url"))
    return spans


@functools.cache
def _patterns(storage: Any) -> list[tuple[str, re.Pattern[str], Any]]:
    """The storage's patterns, completed as Django's own initialiser completes them."""
    groups = tuple(storage.patterns)
    if storage.support_js_module_import_aggregation:
        groups += (storage._js_module_import_aggregation_patterns,)
    by_default = getattr(staticfiles_storage, "_css_ignored_re", None)
    compiled: list[tuple[str, re.Pattern[str], Any]] = []
    for extension, patterns in groups:
        for pattern in patterns:
            parts = pattern if isinstance(pattern, (tuple, list)) else (pattern,)
            ignored = parts[2] if len(parts) > 2 else by_default
            compiled.append((extension, re.compile(parts[0], re.IGNORECASE), ignored))
    return compiled
