"""The `Media` of forms, widgets and the admin, and `static()` in Python: rules P1, P2 and H2."""

from __future__ import annotations

import inspect
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
from .index import Index
from .names import hint_for, judge, resolve, tag
from .python_code import PythonFacts
from .references import Mention, Reference


def check_code(path: Path, facts: PythonFacts, index: Index) -> tuple[list[Finding], list[Reference]]:
    """Judge what one own Python file says about static files."""
    findings: list[Finding] = []
    references: list[Reference] = []
    for mention in facts.hard_coded:
        message = f"'{mention.url}' is a hard-coded static URL."
        name = mention.url
        for prefix in static_prefixes():
            name = name.removeprefix(prefix)
        hint = f"Call static('{name}')." if name in index.files else hint_for(name, index)
        findings.append(Finding(22, Level.ERROR, message, hint, path, mention.line))
    for mention, at_import in facts.static_calls:
        if at_import:
            message = (
                "static() runs when this module is imported: before the first collectstatic it cannot know the name."
            )
            hint = "Call it inside a function, or make it lazy: lazy(static, str)."
            findings.append(Finding(32, Level.ERROR, message, hint, path, mention.line))
        elif verdict := judge(mention.url, index):
            findings.append(Finding(verdict.number, Level.ERROR, verdict.message, verdict.hint, path, mention.line))
        else:
            references.append(Reference(resolve(mention.url, index) or mention.url, path, mention.line))
    for mention in facts.media:
        if mention.kind.endswith(" text"):
            message = (
                f"The {mention.kind.removesuffix(' text')} of Media is a text: each of its letters becomes a path."
            )
            findings.append(Finding(31, Level.ERROR, message, f"Write ['{mention.url}'].", path, mention.line))
        elif missing := _missing(mention, path, index):
            findings.append(missing)
        elif found := resolve(mention.url, index):
            references.append(Reference(found, path, mention.line))
    return findings, references


def check_classes(known: set[tuple[Path, str]], index: Index, *, third_party: bool) -> Iterator[Finding]:
    """Judge the `Media` of classes that are loaded, where reading the code did not show it: computed lists, and
    installed packages when asked. ``known`` holds what reading the code has shown, as file and path."""
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
            if finding := _missing(Mention(cls.__name__, url, 1), place, index, own=own):
                yield replace(finding, line=_line(cls))


def _missing(mention: Mention, path: Path, index: Index, *, own: bool = True) -> Finding | None:
    url = mention.url
    if url.startswith(("http://", "https://", "/")) or resolve(url, index):
        return None
    verdict = judge(url, index)
    why = verdict.message if verdict else ""
    hint = verdict.hint if verdict else ""
    # The paths of Media stand for themselves: the hint shows the path where a template would have the tag.
    for name in index.files if "{% static" in hint else ():
        if tag(name) in hint:
            hint = hint.replace(tag(name), f"'{name}'")
            break
    level = Level.ERROR if own else Level.NOTE
    return Finding(31, level, f"Media: {why}", hint, path, mention.line)


def _definitions() -> Iterator[tuple[type[Any], list[str]]]:
    bases: list[type[Any]] = [Widget, BaseForm]
    if apps.is_installed("django.contrib.admin"):
        from django.contrib.admin.options import BaseModelAdmin
        from django.contrib.admin.sites import all_sites

        bases.append(BaseModelAdmin)
        for site in all_sites:
            for model_admin in site._registry.values():
                if "media" in type(model_admin).__dict__:
                    yield from _of_instance(model_admin)
    for cls in _subclasses(bases):
        if definition := cls.__dict__.get("Media"):
            yield cls, _assets(definition)
        elif issubclass(cls, Widget) and _has_own_media(cls):
            yield from _of_instance(cls)


def _of_instance(made: Any) -> Iterator[tuple[type[Any], list[str]]]:
    """The media of an object (or of one made of a class without arguments), computed by a property of its own."""
    try:
        instance = made() if isinstance(made, type) else made
        media = instance.media
        assets = [*media._js, *(asset for medium in media._css.values() for asset in medium)]
    except Exception:  # noqa: BLE001 - code of the site; what needs arguments or a request is not known here
        return
    yield type(instance), [path for asset in assets if isinstance(path := getattr(asset, "_path", asset), str)]


def _has_own_media(cls: type[Any]) -> bool:
    """Whether a class defines `media` itself. Django gives every class a property of that name."""
    defined = cls.__dict__.get("media")
    getter = getattr(defined, "fget", None)
    return getter is not None and not getter.__qualname__.startswith("media_property.")


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
