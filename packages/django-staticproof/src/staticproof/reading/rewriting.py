"""Find the URLs inside static files that the storage replaces with hashed names, by the storage's own patterns."""

from __future__ import annotations

import functools
import re
from typing import Any

from django.contrib.staticfiles import storage as staticfiles_storage
from django.contrib.staticfiles.utils import matches_patterns

from .contract import hashing_class


def rewritten_spans(path: str, text: str) -> list[tuple[int, int]]:
    """Return the offsets of every URL in a file that the storage replaces with the URL of the hashed file."""
    spans: list[tuple[int, int]] = []
    for extension, expression, ignored in _patterns(hashing_class()):
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
    """Return the storage's patterns, completed as Django's initialiser completes them.

    This reads two private attributes of Django, because no public one contains these patterns. When an attribute is
    missing (the second one is new in Django 6.1), the analysis continues and treats fewer URLs as rewritten.
    ``test_rewriting.py`` fails when a supported Django lacks them.
    """
    groups = tuple(storage.patterns)
    if getattr(storage, "support_js_module_import_aggregation", False):
        groups += (getattr(storage, "_js_module_import_aggregation_patterns", ("*.js", ())),)
    by_default = getattr(staticfiles_storage, "_css_ignored_re", None)
    compiled: list[tuple[str, re.Pattern[str], Any]] = []
    for extension, patterns in groups:
        for pattern in patterns:
            parts = pattern if isinstance(pattern, (tuple, list)) else (pattern,)
            ignored = parts[2] if len(parts) > 2 else by_default
            compiled.append((extension, re.compile(parts[0], re.IGNORECASE), ignored))
    return compiled
