"""Find templates, widgets and tags that nothing in the project uses. A fault in them does no harm.

A template counts as used when its name is in any string of the project's Python or templates, when a string with a
computed part could become its name, or when Django looks it up by convention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath

from django.apps import apps

from ..project import is_own
from .discovery import TemplateFile

STRINGS = re.compile(r"[\"']([^\"'\s<>=]{1,200})[\"']")
COMPUTED = re.compile(r"\{[^}]*\}?|%\(?\w*\)?s?")  # in an f-string, with format() and with %
# https://docs.djangoproject.com/en/stable/topics/class-based-views/generic-display/, error pages, and mail parts
BY_CONVENTION = re.compile(r"_(?:list|detail|form|confirm_delete|archive\w*)$|^(?:400|403|403_csrf|404|500)$")
CLASS = re.compile(r"class (\w+)")
FOLDERS = {"admin", "registration", "flatpages", "django"}


class Usage:
    """The texts of the site's own Python files and templates, read when they are first needed."""

    def __init__(self, python: Iterable[Path], templates: Iterable[TemplateFile]) -> None:
        self.python = list(python)
        self.templates = list(templates)

    @cached_property
    def texts(self) -> dict[Path, str]:
        """The texts by file."""
        paths = (*self.python, *(template.path for template in self.templates if template.own))
        return {path: _text(path) for path in paths}

    @cached_property
    def strings(self) -> dict[str, set[Path]]:
        """The strings that could name a template, each with its files."""
        found: dict[str, set[Path]] = {}
        for path, text in self.texts.items():
            for string in STRINGS.findall(text):
                found.setdefault(string, set()).add(path)
        return found

    def is_rendered(self, template: TemplateFile) -> bool:
        """Return whether code renders, extends or includes a template by its name."""
        if self._is_conventional(template):
            return True
        base = template.name.rpartition("/")[2]
        stem = base.partition(".")[0]
        for string, places in self.strings.items():
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

    def is_named(self, name: str, depth: int = 0) -> bool:
        """Return whether a template or other code names a class or function.

        Imports do not count. Uses in the body of another class count only when that class is used.
        """
        word = re.compile(rf"\b{re.escape(name)}\b")
        no_use = re.compile(rf"\s*(?:from|import)\b|\s*(?:class|def) {re.escape(name)}\b")
        python = set(self.python)
        for path, text in self.texts.items():
            if not word.search(text):
                continue
            if path not in python:
                return True
            around = ""
            for line in text.splitlines():
                if line[:1].strip():  # a statement at the top level
                    header = CLASS.match(line)
                    around = header[1] if header else ""
                if not word.search(line) or around == name or no_use.match(line):
                    continue
                if not around or depth > 2 or self.is_named(around, depth + 1):
                    return True
        return False

    def _is_conventional(self, template: TemplateFile) -> bool:
        """Return whether Django or an installed package looks up a template that the project does not name."""
        name = PurePosixPath(template.name)
        first, stem = name.parts[0], name.name.partition(".")[0]
        if BY_CONVENTION.search(stem) or first in FOLDERS:
            return True
        if any(other.name == template.name and other.path != template.path for other in self.templates):
            return True  # it replaces a template of another app
        for config in apps.get_app_configs():
            if first in {config.label, config.name.rpartition(".")[2]} and not is_own(Path(config.path)):
                return True
        models = {model._meta.model_name for model in apps.get_models()}
        return stem.replace("_", "") in models  # Wagtail: app/page_model.html


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
