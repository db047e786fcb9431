"""Silence findings by comments, by STATICPROOF_IGNORE, STATICPROOF_EXCLUDE and SILENCED_SYSTEM_CHECKS, or by `config`.

A comment is on the line of the finding or on the line above it. It names the rules and gives a reason. The letter of a
rule is ignored, because it depends on the storage: E006 silences I006, too::

    {# staticproof: ignore E009 -- the theme is chosen from a fixed list #}      in a template
    /* staticproof: ignore E041 -- the vendor ships no such image */             in a stylesheet
    // staticproof: ignore E051 -- never hashed                                  in a script
    # staticproof: ignore E022 -- a test double                                  in Python

STATICPROOF_IGNORE maps a place to a reason: ``{"staticproof.E004:templates/base.html:12": "reason"}``. The line is
optional. STATICPROOF_EXCLUDE lists patterns of paths whose files are not checked: ``["*/vendor/*"]``.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from . import config
from .findings import Finding, Level
from .project import shown

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
    used: set[object] = set()
    by_place: dict[tuple[Path, int], list[tuple[Path, Ignore]]] = {}
    for comment in comments:
        path, ignore = comment
        for line in (ignore.line, ignore.line + 1) if ignore.alone else (ignore.line,):
            by_place.setdefault((path, line), []).append(comment)
    configured = dict(getattr(settings, "STATICPROOF_IGNORE", None) or {})
    by_key = {_without_letter(key): key for key in configured}
    excluded = tuple(getattr(settings, "STATICPROOF_EXCLUDE", None) or ())
    for finding in findings:
        if finding.file is not None and any(fnmatch.fnmatchcase(shown(finding.file), pattern) for pattern in excluded):
            continue
        here = by_place.get((finding.file, finding.line), []) if finding.file and finding.line else []
        matching: list[object] = [comment for comment in here if f"{finding.number:03d}" in comment[1].ids]
        matching += [by_key[key] for key in _keys(finding) if key in by_key]
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
        elif complete and (path, ignore) not in used and not any(map(_is_tried_later, ignore.ids)):
            message = f"The comment ignores {rules}, but there is no such finding here."
            remaining.append(Finding(107, Level.NOTE, message, "Remove the comment.", path, ignore.line))
    for key, reason in configured.items():
        if not str(reason).strip():
            message = f"STATICPROOF_IGNORE has no reason for '{key}'."
            remaining.append(Finding(106, Level.WARNING, message, "Put the reason as the value."))
        elif complete and key not in used and not _is_tried_later(key.partition(":")[0]):
            message = f"STATICPROOF_IGNORE names '{key}', but there is no such finding."
            remaining.append(Finding(107, Level.NOTE, message, "Remove the entry."))
    choice, wrong = config.current()
    return [finding for finding in remaining if not choice.hides(finding)] + wrong


def unsilenced(findings: list[Finding]) -> list[Finding]:
    """Return the findings that no comment and no setting silences, for findings that are not of the analysis."""
    comments: list[tuple[Path, Ignore]] = []
    for path in {finding.file for finding in findings if finding.file and finding.line}:
        text = path.read_text(encoding="utf-8", errors="replace")
        comments += ((path, ignore) for ignore in in_comments(text))
    return [finding for finding in silence(findings, comments, complete=False) if finding in findings]


def _is_tried_later(rule: str) -> bool:
    """Return whether collecting or serving checks a rule (``086``, ``staticproof.W084``): S4 to S9 and J3."""
    return rule[-3:] in {"084", "085", "086", "087", "088", "089", "090"}


def _keys(finding: Finding) -> list[str]:
    number = f"{finding.number:03d}"
    if finding.file is None:
        return [number]
    place = f"{number}:{shown(finding.file)}"
    return [place, f"{place}:{finding.line}"] if finding.line else [place]


def _without_letter(key: str) -> str:
    """Return a key of STATICPROOF_IGNORE without the letter of its rule: ``004:templates/base.html``."""
    rule, colon, place = key.partition(":")
    return f"{rule[-3:]}{colon}{place}"
