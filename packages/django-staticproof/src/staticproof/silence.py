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
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from . import config
from .findings import Finding, Level
from .project import shown

SIGN = "staticproof:"
BODY = r"staticproof:\s*ignore\s+(?P<ids>[\w.,\s]+?)(?:\s+--\s*(?P<reason>.*?))?\s*"
IN_TEMPLATE = re.compile(rf"\{{#\s*{BODY}#\}}")
IN_STYLESHEET = re.compile(rf"/\*\s*{BODY}\*/")
IN_LINE = re.compile(rf"//[ \t]*{BODY}$", re.MULTILINE)
IN_PYTHON = re.compile(rf"#\s*{BODY}$")


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


def in_comments(text: str, name: str) -> Iterator[Ignore]:
    """Yield the ignore comments of a text. The suffix of ``name`` decides the language. The default is a template."""
    if SIGN not in text:
        return
    if name.endswith(".py"):
        yield from _in_python(text)
        return
    for pattern in _patterns(name):
        for found in pattern.finditer(text):
            start = text.rfind("\n", 0, found.start()) + 1
            alone = not text[start : found.start()].strip()
            line = text.count("\n", 0, found.end()) + 1
            yield _ignore(line, alone, found["ids"], found["reason"])


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


def _in_python(text: str) -> Iterator[Ignore]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and (found := IN_PYTHON.search(token.string)):
                alone = not token.line[: token.start[1]].strip()
                yield _ignore(token.start[0], alone, found["ids"], found["reason"])
    except (tokenize.TokenError, SyntaxError):
        return  # the interpreter reports broken Python


def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    if name.endswith(".css"):
        return (IN_STYLESHEET,)
    return (IN_STYLESHEET, IN_LINE) if name.endswith((".js", ".mjs")) else (IN_TEMPLATE,)


def _ignore(line: int, alone: bool, ids: str, reason: str | None) -> Ignore:
    named = re.split(r"[\s,]+", ids.strip(" ,"))
    rules = frozenset(name[-3:] for name in named)
    return Ignore(line, alone, rules, (reason or "").strip())
