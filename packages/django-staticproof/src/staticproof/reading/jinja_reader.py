"""Read the static references in templates of Jinja2 backends (Django's own and django-jinja).

Regular expressions find the tags, because Jinja2's parser keeps line numbers but no offsets. `environment.parse()`
decides whether the template compiles. Calls of `static()` in macros that take the path as an argument are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.templatetags.static import static

from .references import OUTPUT, SILENT, Compiled, Fault, StaticUse, cover

FUNCTION = r"\b(?:{names})\s*\(\s*(?P<argument>[^()]*(?:\([^()]*\)[^()]*)*)\)"
FILTERED = r"(?P<filtered>'[^'\n]*'|\"[^\"\n]*\")\s*\|\s*static\b"
CONSTANT = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
PARENT = re.compile(r"^\s*[-+]?\s*extends\s+(?:'([^']+)'|\"([^\"]+)\")")
PREFIX = re.compile(r"^\s*[-+]?\s*(?:settings\.)?STATIC_URL\s*[-+]?\s*$")


def is_jinja(backend: Any) -> bool:
    """Return whether a template backend renders with Jinja2."""
    environment = getattr(backend, "env", None)
    return any(cls.__module__.startswith("jinja2.") for cls in type(environment).__mro__)


def read_jinja(text: str, environment: Any) -> Compiled:
    """Return the tags of a template, and whether Jinja2 compiles it. Never raise an exception."""
    found = Compiled()
    try:
        environment.parse(text)
    except Exception as error:  # noqa: BLE001 - extensions of any package run here, and may raise anything
        line = getattr(error, "lineno", None) or 1
        found.faults.append(Fault(104, line, 0, str(error).partition("\n")[0]))
        found.complete = False
        return found
    names = {"static", *(name for name, value in environment.globals.items() if value is static)}
    function = FUNCTION.format(names="|".join(map(re.escape, sorted(names))))
    calls = re.compile(rf"{function}|{FILTERED}")
    end = 0
    for tag in _tags(environment).finditer(text):
        kind = tag.lastgroup or "comment"
        found.masked += text[end : tag.start()] + cover(tag[0], OUTPUT if kind in {"raw", "variable"} else SILENT)
        end = tag.end()
        if kind in {"raw", "comment"}:
            continue
        body = tag[0][2:-2]
        found.statics += _uses(body, kind, calls, tag)
        if kind == "block" and (parent := PARENT.match(body)):
            found.parents.append(parent[1] or parent[2])
        if kind == "variable" and PREFIX.match(body):
            line = text.count("\n", 0, tag.start()) + 1
            found.prefixes.append(StaticUse(None, tag[0], None, line, tag.start(), end))
    found.masked += text[end:]
    return found


def _uses(body: str, kind: str, calls: re.Pattern[str], tag: re.Match[str]) -> Iterator[StaticUse]:
    for call in calls.finditer(body):
        argument = (call["argument"] or call["filtered"] or "").strip()
        path = argument[1:-1] if CONSTANT.fullmatch(argument) else None
        # More text inside the tag, as in `static('imgs/') ~ name`, means that the path is incomplete.
        rest = body[call.end() :].strip(" -+\n")
        glued = rest.startswith("~") or (rest.startswith("+") and kind == "variable")
        line = tag.string.count("\n", 0, tag.start()) + body.count("\n", 0, call.start()) + 1
        yield StaticUse(path, argument, None, line, tag.start(), tag.end(), glued)


def _tags(environment: Any) -> re.Pattern[str]:
    def quoted(name: str) -> str:
        return re.escape(str(getattr(environment, name)))

    block, block_end = quoted("block_start_string"), quoted("block_end_string")
    raw = rf"{block}[-+]?\s*raw\s*-?{block_end}.*?{block}[-+]?\s*endraw\s*-?{block_end}"
    comment = rf"{quoted('comment_start_string')}.*?{quoted('comment_end_string')}"
    variable = rf"{quoted('variable_start_string')}.*?{quoted('variable_end_string')}"
    return re.compile(
        rf"(?P<raw>{raw})|(?P<comment>{comment})|(?P<block>{block}.*?{block_end})|(?P<variable>{variable})", re.DOTALL
    )
