"""Silence findings by comments, by SILENCED_SYSTEM_CHECKS, and by the configuration (see `config.py`).

A comment is on the line of the finding or on the line above it. It names the rules and gives a reason. The letter of a
rule is ignored, because it depends on the storage: E006 silences I006, too::

    {# staticproof: ignore E009 -- the theme is chosen from a fixed list #}      in a template
    /* staticproof: ignore E041 -- the vendor ships no such image */             in a stylesheet
    // staticproof: ignore E051 -- never hashed                                  in a script
    # staticproof: ignore E022 -- a test double                                  in Python
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from . import config
from .findings import Finding, Level

TRIED_LATER = {"084", "085", "086", "087", "088", "089", "090"}  # rules that collecting and serving check: S4 to S9, J3
COMMENT = re.compile(
    r"(?:\{#|/\*|//|#)[ \t]*staticproof:\s*ignore\s+(?P<ids>[\w.,\s]+?)(?:\s+--\s*(?P<reason>.*?))?\s*?(?:#\}|\*/|$)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Ignore:
    """One ignore comment.

    ``alone`` is true when the line contains nothing else. The comment then covers the next line, too. The numbers of
    the rules have three digits (``004``). The reason may be missing.
    """

    line: int
    alone: bool
    ids: frozenset[str]
    reason: str


def in_comments(text: str) -> Iterator[Ignore]:
    """Yield the ignore comments of a text in any of the languages."""
    for found in COMMENT.finditer(text) if "staticproof:" in text else ():
        alone = not text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
        ids = frozenset(name[-3:] for name in re.split(r"[\s,]+", found["ids"].strip(" ,")))
        yield Ignore(text.count("\n", 0, found.end()) + 1, alone, ids, (found["reason"] or "").strip())


def silence(findings: Sequence[Finding], comments: Sequence[tuple[Path, Ignore]], *, complete: bool) -> list[Finding]:
    """Return the findings that are not silenced, and the findings about the silencing itself.

    ``complete`` is true when every rule of the analysis was checked. An ignore without a finding is then unnecessary,
    except for the rules that only collecting and serving check.
    """
    remaining: list[Finding] = []
    used: set[tuple[Path, Ignore]] = set()
    by_place: dict[tuple[Path, int], list[tuple[Path, Ignore]]] = {}
    for comment in comments:
        path, ignore = comment
        for line in (ignore.line, ignore.line + 1) if ignore.alone else (ignore.line,):
            by_place.setdefault((path, line), []).append(comment)
    for finding in findings:
        here = by_place.get((finding.file, finding.line), []) if finding.file and finding.line else []
        matching = [comment for comment in here if f"{finding.number:03d}" in comment[1].ids]
        used.update(matching)
        if not matching and finding.id not in settings.SILENCED_SYSTEM_CHECKS:
            remaining.append(finding)
    for path, ignore in comments:
        rules = ", ".join(sorted(ignore.ids))
        if not ignore.reason:
            hint = f"Write: staticproof: ignore E{rules} -- why"
            remaining.append(
                Finding(106, Level.WARNING, f"{rules} is ignored without a reason.", hint, path, ignore.line)
            )
        elif complete and (path, ignore) not in used and ignore.ids.isdisjoint(TRIED_LATER):
            message = f"The comment ignores {rules}, but there is no such finding here."
            remaining.append(Finding(107, Level.NOTE, message, "Remove the comment.", path, ignore.line))
    choice, wrong = config.current()
    return [finding for finding in remaining if not choice.hides(finding)] + wrong


def unsilenced(findings: list[Finding]) -> list[Finding]:
    """Return the findings that no comment and no setting silences, for findings that are not of the analysis."""
    comments: list[tuple[Path, Ignore]] = []
    for path in {finding.file for finding in findings if finding.file and finding.line}:
        text = path.read_text(encoding="utf-8", errors="replace")
        comments += ((path, ignore) for ignore in in_comments(text))
    return [finding for finding in silence(findings, comments, complete=False) if finding in findings]
