"""The `Media` of forms, widgets and the admin, and `static()` in Python: rules P1, P2 and H2."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.apps import apps
from django.forms import Widget
from django.forms.forms import BaseForm

from ..findings import Finding, Level
from ..project import is_own, static_prefixes
from .contract import finding
from .index import Index
from .names import hint_for, judge, resolve, tag
from .python_code import PythonFacts
from .references import Mention, Reference
from .usage import Liveness

FILE_NAME = re.compile(r"\.[A-Za-z]\w*$")


def check_code(
    path: Path, facts: PythonFacts, index: Index, liveness: Liveness
) -> tuple[list[Finding], list[Reference]]:
    """Judge what one own Python file says about static files. Faults in code that nothing uses are warnings."""
    findings: list[Finding] = []
    references: list[Reference] = []
    for mention in (*facts.hard_coded, *facts.glued):
        findings += _hard_coded(mention, path, index)
    for mention, at_import in facts.static_calls:
        verdict = judge(mention.url, index) if mention.url else None
        if at_import and not mention.url.endswith("/"):  # the manifest storage does not look folders up
            message = "static() runs when this module is imported: before the first collectstatic there is no manifest."
            hint = "Call it inside a function, or make it lazy: lazy(static, str)."
            findings += finding("at import", 32, message, hint, path, mention.line)
        elif verdict:
            judged = finding(verdict.kind, verdict.number, verdict.message, verdict.hint, path, mention.line)
            is_tag = mention.kind.startswith("tag ")
            used = not is_tag or liveness.tag(mention.kind.removeprefix("tag "))
            findings += judged if used else [_unused(one, "template uses this tag") for one in judged]
        else:
            references.append(Reference(resolve(mention.url, index) or mention.url, path, mention.line))
    for mention in facts.media:
        if mention.kind.endswith(" text"):
            kind = mention.kind.removesuffix(" text")
            message = f"The {kind} of Media is a text: each of its letters becomes a path."
            findings += finding("always", 31, message, f"Write ['{mention.url}'].", path, mention.line)
        elif missing := _missing(mention, path, index):
            used = mention.line not in facts.widgets or liveness.widget(facts.widgets[mention.line])
            findings += missing if used else [_unused(one, "code uses this widget") for one in missing]
        elif found := resolve(mention.url, index):
            references.append(Reference(found, path, mention.line))
    return findings, references


def check_classes(known: set[tuple[Path, str]], index: Index, *, third_party: bool) -> Iterator[Finding]:
    """Judge the `Media` of imported classes that reading the code did not show: computed lists, and installed packages
    when asked. ``known`` holds what reading the code has shown, as file and path."""
    seen: set[tuple[Path, str]] = set(known)
    for cls, assets in _definitions():
        module = sys.modules.get(cls.__module__)
        place = Path(getattr(module, "__file__", None) or "")
        own = is_own(place)
        if not (own or third_party):
            continue
        for url in assets:
            if (place, url) in seen:
                continue
            seen.add((place, url))
            for found in _missing(Mention(cls.__name__, url, 1), place, index, own=own):
                yield replace(found, line=_line(cls))


def _unused(found: Finding, what: str) -> Finding:
    """Return a finding about code that nothing uses: a warning that says so."""
    return replace(found, level=min(found.level, Level.WARNING), message=f"{found.message} No {what}.")


def _hard_coded(mention: Mention, path: Path, index: Index) -> list[Finding]:
    name = mention.url
    for prefix in static_prefixes():
        name = name.removeprefix(prefix)
    written = f"STATIC_URL + '{name}'" if mention.kind == "glued" else f"'{mention.url}'"
    number = 23 if mention.kind == "glued" else 22
    hint = f"Call static('{name}')." if name in index.files else hint_for(name, index)
    if name in index.files or not FILE_NAME.search(name):
        return finding("hard-coded", number, f"{written} is a hard-coded static URL.", hint, path, mention.line)
    message = f"{written} is a hard-coded URL of a static file that does not exist."
    return finding("always", number, message, hint, path, mention.line)


def _missing(mention: Mention, path: Path, index: Index, *, own: bool = True) -> list[Finding]:
    url = mention.url
    if url.startswith(("http://", "https://", "/")) or resolve(url, index):
        return []
    verdict = judge(url, index)
    if verdict is None:
        return []
    hint = verdict.hint
    # The paths of Media are written without a tag: the hint shows the path alone.
    for name in index.files if "{% static" in hint else ():
        if tag(name) in hint:
            hint = hint.replace(tag(name), f"'{name}'")
            break
    return finding(verdict.kind, 31, f"Media: {verdict.message}", hint, path, mention.line, own=own)


def _definitions() -> Iterator[tuple[type[Any], list[str]]]:
    bases: list[type[Any]] = [Widget, BaseForm]
    if apps.is_installed("django.contrib.admin"):
        from django.contrib.admin.options import BaseModelAdmin

        bases.append(BaseModelAdmin)
    for cls in _subclasses(bases):
        if definition := cls.__dict__.get("Media"):
            yield cls, _assets(definition)


def _assets(definition: Any) -> list[str]:
    scripts = getattr(definition, "js", ())
    styles = getattr(definition, "css", {})
    listed = list(scripts) if isinstance(scripts, list | tuple) else []
    for medium in styles.values() if isinstance(styles, dict) else ():
        listed += medium if isinstance(medium, list | tuple) else []
    return [path for asset in listed if isinstance(path := getattr(asset, "_path", asset), str)]


def _subclasses(bases: list[type[Any]]) -> list[type[Any]]:
    found: dict[type[Any], None] = {}
    waiting = list(bases)
    while waiting:
        for cls in waiting.pop().__subclasses__():
            if cls not in found:
                found[cls] = None
                waiting.append(cls)
    return sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__))


def _line(cls: type[Any]) -> int:
    try:
        return inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return 1
