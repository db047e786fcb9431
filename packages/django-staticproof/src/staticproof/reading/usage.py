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
OF_A_MODEL = re.compile(r"_(?:list|detail|form|confirm_delete|archive\w*)$")
ERROR_PAGES = {"400", "403", "403_csrf", "404", "500"}
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
        name = PurePosixPath(template.name)
        names = {other.name for other in self.templates} - {template.name}
        for string, places in self.strings.items():
            if places == {template.path} or string in names:
                continue
            if string.rpartition("/")[2] == name.name or ("/" in string and str(name.with_suffix("")).endswith(string)):
                return True
            literals = COMPUTED.split(string)
            pattern = rf"(?:.*/)?{'.*'.join(map(re.escape, literals))}"
            is_pattern = (
                len(literals) > 1 and literals[-1].endswith(name.suffix) and re.search(r"\w", "".join(literals))
            )
            if is_pattern and re.fullmatch(pattern, template.name):
                return True
        return False

    def _is_conventional(self, template: TemplateFile) -> bool:
        """Return whether Django or an installed package looks up a template that the project does not name."""
        name = PurePosixPath(template.name)
        first, stem = name.parts[0], name.name.partition(".")[0]
        if stem in ERROR_PAGES or first in FOLDERS:
            return True
        if any(other.name == template.name and other.path != template.path for other in self.templates):
            return True  # it replaces a template of another app
        for config in apps.get_app_configs():
            if first in {config.label, config.name.rpartition(".")[2]} and not is_own(Path(config.path)):
                return True
        models = {model._meta.model_name for model in apps.get_models()}
        return OF_A_MODEL.sub("", stem).replace("_", "") in models  # Wagtail: app/page_model.html
