"""Read the static references in templates of Jinja2 backends (Django's own and django-jinja).

Regular expressions find the tags, because Jinja2's parser keeps line numbers but no offsets. `environment.parse()`
decides whether the template compiles. Calls of `static()` in macros that take the path as an argument are not read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.templatetags.static import static

from .masking import OUTPUT, SILENT, cover
from .template_parser import Compiled, Fault, StaticUse

FUNCTION = r"\b{name}\s*\(\s*(?P<argument>[^()]*(?:\([^()]*\)[^()]*)*)\)"
FILTERED = re.compile(r"(?P<argument>'[^'\n]*'|\"[^\"\n]*\")\s*\|\s*static\b")
CONSTANT = re.compile(r"""^(?:'(?P<single>[^'\n]*)'|"(?P<double>[^"\n]*)")$""")
PARENT = re.compile(r"^\s*[-+]?\s*extends\s+(?:'([^']+)'|\"([^\"]+)\")")
PREFIX = re.compile(r"^\s*[-+]?\s*(?:settings\.)?STATIC_URL\s*[-+]?\s*$")


def is_jinja(backend: Any) -> bool:
    """Return whether a template backend renders with Jinja2."""
    environment = getattr(backend, "env", None)
    return any(cls.__module__.startswith("jinja2.") for cls in type(environment).__mro__)


def claims(backend: Any, name: str) -> bool:
    """Return whether a backend loads a template of this name.

    django-jinja decides by `match_extension` and `match_regex` of its OPTIONS. Other backends load every name.
    """
    if not type(backend).__module__.startswith("django_jinja."):
        return True
    options = _options(backend.name)
    extension, pattern = options.get("match_extension", ".jinja"), options.get("match_regex")
    if extension and not name.endswith(tuple(extension) if isinstance(extension, list) else extension):
        return False
    return not pattern or bool(re.match(pattern, name))


def compile_jinja(text: str, environment: Any) -> tuple[Compiled, str, list[tuple[int, int, str]]]:
    """Return the results of reading a template, its text with covered tags, and the malformed tags (none)."""
    found = Compiled()
    try:
        environment.parse(text)
    except Exception as error:  # noqa: BLE001 - extensions of any package run here, and may raise anything
        line = getattr(error, "lineno", None) or 1
        found.faults.append(Fault(104, line, 0, str(error).partition("\n")[0]))
        found.complete = False
        return found, "", []
    names = tuple(sorted({"static", *(name for name, value in environment.globals.items() if value is static)}))
    covered: list[str] = []
    end = 0
    for tag in _tags(environment).finditer(text):
        covered.append(text[end : tag.start()])
        end = tag.end()
        kind = tag.lastgroup or "comment"
        if kind == "raw":
            covered.append(cover(tag[0], OUTPUT))
            continue
        body = tag[0][2:-2]
        uses = [] if kind == "comment" else list(_uses(body, kind, names, text, tag.start(), tag.end()))
        found.statics += uses
        if kind == "block" and (parent := PARENT.match(body)):
            found.parents.append(parent[1] or parent[2])
        if kind == "variable" and PREFIX.match(body):
            found.prefixes.append((text.count("\n", 0, tag.start()) + 1, tag.start(), tag.end(), tag[0]))
        covered.append(cover(tag[0], OUTPUT if kind == "variable" else SILENT))
    covered.append(text[end:])
    return found, "".join(covered), []


def _uses(body: str, kind: str, names: tuple[str, ...], text: str, start: int, end: int) -> Iterable[StaticUse]:
    line = text.count("\n", 0, start) + 1
    for match in (
        *(match for pattern in _functions(names) for match in pattern.finditer(body)),
        *FILTERED.finditer(body),
    ):
        argument = match["argument"].strip()
        constant = CONSTANT.match(argument)
        path = (
            None if constant is None else constant["single"] if constant["single"] is not None else constant["double"]
        )
        # More text inside the tag, as in `static('imgs/') ~ name`, means that the path is incomplete.
        rest = body[match.end() :].strip(" -+\n")
        glued = rest.startswith("~") or (rest.startswith("+") and kind == "variable")
        yield StaticUse(path, argument, None, line + body.count("\n", 0, match.start()), start, end, glued)


@functools.cache
def _functions(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(FUNCTION.format(name=re.escape(name))) for name in names)


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


def _options(name: str) -> dict[str, Any]:
    for entry in settings.TEMPLATES:
        backend = entry.get("BACKEND", "")
        if entry.get("NAME", backend.rsplit(".", 2)[-2] if "." in backend else "") == name:
            return dict(entry.get("OPTIONS") or {})
    return {}
