"""Find the templates of the site: every file that one of the configured template engines can load by name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Engine, engines
from django.template.backends.django import DjangoTemplates
from django.template.utils import get_app_template_dirs

from ..findings import Finding, Level
from ..project import FOREIGN_FOLDERS, is_own, walk
from .jinja_reader import is_jinja

# Suffixes of templates. Other files in a template folder are images, fonts, documentation or an editor's backups.
MARKUP_SUFFIXES = (".html", ".htm", ".xhtml", ".djhtml", ".xml", ".svg", ".mjml", ".email", ".jinja", ".jinja2", ".j2")
OTHER_SUFFIXES = (".txt", ".js", ".mjs", ".css", ".json", ".webmanifest", ".eml", ".subject", ".rss", ".atom", ".ics")
SUFFIXES = MARKUP_SUFFIXES + OTHER_SUFFIXES


@dataclass(frozen=True)
class TemplateFile:
    """One template: its name as in `{% extends %}`, its file, and the engine that loads it.

    ``own`` is true when the template belongs to the site and not to a package. ``engine`` is None for a Jinja2
    template. ``environment`` is then its Jinja2 environment.
    """

    name: str
    path: Path
    engine: Engine | None
    own: bool
    environment: Any = None

    @property
    def is_markup(self) -> bool:
        """Return whether the template contains HTML, SVG or another XML format."""
        return self.name.lower().endswith(MARKUP_SUFFIXES)


def discover(findings: list[Finding], *, third_party: bool) -> list[TemplateFile]:
    """Return all templates that the site's engines can load by name.

    Include templates of installed packages when ``third_party`` is true. When two engines can load the same name, the
    first one counts, as in Django. Loops of symbolic links are added to ``findings``.
    """

    def broken(path: Path, number: int, message: str) -> None:
        if number == 105:  # Django accepts a template folder that does not exist
            level = Level.WARNING if is_own(path) else Level.NOTE
            findings.append(Finding(number, level, message, "Remove the link.", path))

    get_app_template_dirs.cache_clear()  # type: ignore[attr-defined]  # an app may have a new folder of templates
    found: dict[Path, TemplateFile] = {}
    taken: set[str] = set()
    for backend in engines.all():
        names: set[str] = set()
        loads = getattr(backend, "match_template", lambda _: True)  # django-jinja decides by suffix and pattern
        for root in _folders(backend):
            if not (third_party or is_own(root)):
                continue
            for below, folders, files in walk(root, broken):
                own = is_own(root) and FOREIGN_FOLDERS.isdisjoint(below.split("/"))
                folders[:] = [name for name in folders if not name.startswith(".")]
                for file in files if own or third_party else ():
                    name = f"{below}{file}"
                    path = root / name
                    if file.lower().endswith(SUFFIXES) and path not in found and name not in taken and loads(name):
                        names.add(name)
                        engine, environment = getattr(backend, "engine", None), getattr(backend, "env", None)
                        found[path] = TemplateFile(name, path, engine, own, environment)
        taken |= names
    return list(found.values())


def _folders(backend: Any) -> list[Path]:
    """Return the folders of a backend."""
    folders: list[Any] = []
    if isinstance(backend, DjangoTemplates):
        for loader in backend.engine.template_loaders:
            folders += loader.get_dirs() if hasattr(loader, "get_dirs") else ()
    elif is_jinja(backend):
        folders += (*backend.dirs, *(get_app_template_dirs(backend.app_dirname) if backend.app_dirs else ()))
    return [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 - resolve() would follow links
