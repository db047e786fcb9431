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
OF_A_MODEL = re.compile(r"_(?:list|detail|form|confirm_delete|archive\w*)$")
ERROR_PAGES = {"400", "403", "403_csrf", "404", "500"}
# The class or function at the top level, with its decorators, in which a text ends. Django finds AppConfig by itself.
AROUND = re.compile(
    r"(?m)^(?:@.*\n(?:(?!\w).*\n)*)?(?:class (?!\w*Co(?:nfig|mmand)\b)|def )(\w+).*(?:\n(?![@\w]).*)*\Z"
)
WIDGET = re.compile(r"class \w+\([^)]*(?:Widget|Select|SelectMultiple|Input|Textarea)\s*[,)]")
TAG = re.compile(r"@register\.(?:simple_tag|filter)(?:\((?:\w+=(?:True|False)[, ]*)*\))?\ndef ")  # under its own name
IMPORT = re.compile(r"^[ \t]*(?:from .+ )?import (?:\((?:(?! as )[^)])*\)|(?:(?! as ).)*$)", re.MULTILINE)
FOLDERS = {"admin", "registration", "flatpages", "django"}


class Usage:
    """The texts of the site's own Python files and templates, read when they are first needed."""

    def __init__(self, python: Iterable[Path], templates: Iterable[TemplateFile]) -> None:
        self.python = list(python)
        self.templates = list(templates)

    @cached_property
    def texts(self) -> dict[Path, str]:
        """The texts by file, without imports."""
        paths = (*self.python, *(template.path for template in self.templates if template.own))
        return {p: IMPORT.sub("", p.read_text(encoding="utf-8", errors="replace")) for p in paths if p.is_file()}

    @cached_property
    def strings(self) -> dict[str, set[Path]]:
        """The strings in the site's own Python and templates that could name a template, each with its files."""
        found: dict[str, set[Path]] = {}
        for path, text in self.texts.items():
            for string in STRINGS.findall(text):
                found.setdefault(string, set()).add(path)
        return found

    def unused_code(self, path: Path, line: int | None) -> str:
        """Return "uses NAME" when the line is in a widget or tag that nothing uses. Otherwise return an empty text."""
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:line]
        around = AROUND.search("\n".join(lines))
        if around and TAG.match(around[0]):
            use = rf"(?:\{{%-?\s*(?:filter\s+)?|\|\s*){around[1]}\b|(?<!def )\b{around[1]}\("
            return "" if any(re.search(use, text) for text in self.texts.values()) else f"uses {around[1]}"
        return f"uses {around[1]}" if around and WIDGET.match(around[0]) and not self._is_named(around[1]) else ""

    def _is_named(self, name: str, *, follow: bool = True) -> bool:
        """Return whether a class is named outside of itself and, with ``follow``, of classes that nothing names."""
        uses = (text[: use.end()] for text in self.texts.values() for use in re.finditer(rf"\b{name}\b", text))
        around = (found[1] if found and found[0][0] == "c" else "" for found in map(AROUND.search, uses))
        return any(o != name and (not o or not follow or self._is_named(o, follow=False)) for o in around)

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
