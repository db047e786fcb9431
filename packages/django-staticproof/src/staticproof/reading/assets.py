"""Read stylesheets and scripts, each once: their references, and whether they are copies of a library."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import storage as staticfiles_storage
from django.contrib.staticfiles.utils import matches_patterns

from ..project import static_prefixes
from ..silence import Ignore, in_comments
from . import scripts, stylesheets
from .bundles import is_vendored
from .contract import hashing_class
from .index import StaticFile
from .memory import remember
from .references import Mention

# Bytes. Some installed packages contain a whole editor in one minified file. Parsing it takes longer than everything
# else, and the site's author cannot change it. The crawl fetches such a file when a page uses it.
THIRD_PARTY_LIMIT = 200_000


@dataclass(frozen=True)
class Asset:
    """The references of one stylesheet or script.

    ``rewritten`` are the mentions that the storage replaces with hashed names. ``vendored`` is true for a copy of a
    library.
    """

    mentions: tuple[Mention, ...]
    rewritten: frozenset[Mention]
    ignores: tuple[Ignore, ...]
    vendored: bool


def is_read(file: StaticFile, *, third_party: bool) -> bool:
    """Return whether a static file is a stylesheet or a script that this run reads."""
    if not file.name.endswith((".css", ".js", ".mjs")) or not (file.own or third_party):
        return False
    with contextlib.suppress(OSError):
        return file.own or Path(file.path).stat().st_size <= THIRD_PARTY_LIMIT
    return False


def read_asset(file: StaticFile) -> Asset:
    """Return the references of a stylesheet or script. Read the file again only when it has changed.

    Raises:
        Unreadable: see ``memory.remember``.
    """
    prefixes = static_prefixes()

    def learn(text: str) -> Asset:
        is_style = file.name.endswith(".css")
        mentions = stylesheets.references(text) if is_style else scripts.references(text, prefixes)
        rewritten = _rewritten(mentions, file.name, text)
        return Asset(tuple(mentions), rewritten, tuple(in_comments(text)), is_vendored(file, text))

    key = ("asset", file.name, prefixes, str(hashing_class()))
    return remember(Path(file.path), key, learn, lasting=file.own)


def _rewritten(mentions: Iterable[Mention], name: str, text: str) -> frozenset[Mention]:
    """Return the mentions whose URL the storage replaces with the URL of the hashed file, by the storage's patterns."""
    spans: list[tuple[int, int]] = []
    for extension, expression, ignored in _patterns(hashing_class()) if mentions else ():
        if matches_patterns(name, [extension]):
            blocks = [block.span() for block in ignored.finditer(text)] if ignored else []
            spans += [
                found.span("url")
                for found in expression.finditer(text)
                if "url" in found.groupdict() and not any(start < found.start() < end for start, end in blocks)
            ]
    starts = {start for start, _ in spans}
    urls = {text[start:end].strip().strip("\"'") for start, end in spans}  # tinycss2 knows no offsets
    return frozenset(
        mention
        for mention in mentions
        if (mention.start in starts if mention.end else mention.kind != "image-set" and mention.url in urls)
    )


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
