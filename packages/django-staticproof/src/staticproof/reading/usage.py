"""Find templates that nothing in the project renders. A fault in them does no harm.

A template counts as used when its name is in any string of the project's Python or templates, when a string with a
computed part could become its name, or when Django looks it up by convention.
"""

from __future__ import annotations

import contextlib
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
FOLDERS = {"admin", "registration", "flatpages", "django"}


class Usage:
    """The names of templates in the site's own Python files and templates, read when they are first needed."""

    def __init__(self, python: Iterable[Path], templates: Iterable[TemplateFile]) -> None:
        self.python = list(python)
        self.templates = list(templates)

    @cached_property
    def strings(self) -> dict[str, set[Path]]:
        """The strings in the site's own Python and templates that could name a template, each with its files."""
        found: dict[str, set[Path]] = {}
        for path in (*self.python, *(template.path for template in self.templates if template.own)):
            with contextlib.suppress(OSError):
                for string in STRINGS.findall(path.read_text(encoding="utf-8", errors="replace")):
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
            literals = COMPUTED.split(string)
            if len(literals) > 1 and re.search(r"\w", "".join(literals)):
                pattern = ".*".join(map(re.escape, literals))
                if re.fullmatch(rf"(?:.*/)?{pattern}(?:\.\w+)*", template.name):
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
