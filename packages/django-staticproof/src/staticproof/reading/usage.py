"""Find templates that no code of the project names, and that Django does not look up by convention.

A fault in such a file does no harm until a view renders it. A template counts as used when its name is in any string of
the project's Python or templates, or when a string with a computed part could become its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from django.apps import apps

from ..project import is_own
from .templates import TemplateFile

STRINGS = re.compile(r"[\"']([^\"'\s<>=]{1,200})[\"']")
COMPUTED = re.compile(r"\{[^}]*\}?|%\(?\w*\)?s?")  # in an f-string, with format() and with %
# https://docs.djangoproject.com/en/stable/topics/class-based-views/generic-display/, error pages, and mail parts
BY_CONVENTION = re.compile(r"_(?:list|detail|form|confirm_delete|archive\w*)$|^(?:400|403|403_csrf|404|500)$")
CLASS = re.compile(r"class (\w+)")
IMPORT = re.compile(r"\s*(?:from|import)\b")
FOLDERS = {"admin", "registration", "flatpages", "django"}


def unused(suspects: Iterable[TemplateFile], templates: Iterable[TemplateFile], python: Iterable[Path]) -> set[Path]:
    """Return the files of those suspects that no code renders, extends or includes by name."""
    templates = list(templates)
    suspects = [template for template in suspects if not _is_conventional(template, templates)]
    if not suspects:
        return set()
    strings: dict[str, set[Path]] = {}
    for path in (*python, *(template.path for template in templates if template.own)):
        for string in _strings(path):
            strings.setdefault(string, set()).add(path)
    return {template.path for template in suspects if not _is_named(template, strings)}


class CodeUsage:
    """Find out whether code of the project is used: widget classes, and functions registered as template tags."""

    def __init__(self, python: Iterable[Path], templates: Iterable[TemplateFile]) -> None:
        self.python = list(python)
        self.templates = [template.path for template in templates if template.own]

    def tag(self, name: str) -> bool:
        """Return whether a template uses a tag or filter of this name."""
        pattern = re.compile(rf"\{{%-?\s*{re.escape(name)}\b|\|\s*{re.escape(name)}\b|\b{re.escape(name)}\(")
        return any(pattern.search(_text(path)) for path in self.templates)

    def widget(self, name: str, depth: int = 0) -> bool:
        """Return whether a widget class is used.

        Imports do not count. Uses in the body of another class count only when that class is used.
        """
        pattern = re.compile(rf"\b{re.escape(name)}\b")
        for path in self.python:
            around = ""
            for line in _text(path).splitlines():
                if header := CLASS.match(line):
                    around = header[1]
                elif line[:1].strip():
                    around = ""  # a statement at the top level
                if not pattern.search(line) or around == name or IMPORT.match(line):
                    continue
                if not around or depth > 2 or self.widget(around, depth + 1):
                    return True
        return False


def _is_named(template: TemplateFile, strings: dict[str, set[Path]]) -> bool:
    base = template.name.rpartition("/")[2]
    stem = base.partition(".")[0]
    for string, places in strings.items():
        if places == {template.path}:
            continue
        last = string.rpartition("/")[2]
        if last == base or ("/" in string and last == stem):
            return True
        if COMPUTED.search(string):
            literals = COMPUTED.split(string)
            pattern = ".*".join(map(re.escape, literals))
            if re.search(r"\w", "".join(literals)) and re.fullmatch(rf"(?:.*/)?{pattern}(?:\.\w+)*", template.name):
                return True
    return False


def _strings(path: Path) -> set[str]:
    return set(STRINGS.findall(_text(path)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _is_conventional(template: TemplateFile, templates: Iterable[TemplateFile]) -> bool:
    """Return whether Django or an installed package looks up a template that the project does not name."""
    name = PurePosixPath(template.name)
    first, stem = name.parts[0], name.name.partition(".")[0]
    if BY_CONVENTION.search(stem) or first in FOLDERS:
        return True
    if any(other.name == template.name and other.path != template.path for other in templates):
        return True  # it replaces a template of another app
    for config in apps.get_app_configs():
        if first in {config.label, config.name.rpartition(".")[2]} and not is_own(Path(config.path)):
            return True
    return stem.replace("_", "") in {
        model._meta.model_name for model in apps.get_models()
    }  # Wagtail: app/page_model.html
