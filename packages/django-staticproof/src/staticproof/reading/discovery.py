"""Find the templates of the site: every file that one of the configured template engines can load by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Engine, engines
from django.template.backends.django import DjangoTemplates

from ..findings import Finding, Level
from ..project import FOREIGN_FOLDERS, is_own
from .jinja_reader import claims, is_jinja

# Suffixes of templates. Other files in a template folder are images, fonts, documentation or an editor's backups.
SUFFIXES = {
    *(".html", ".htm", ".xhtml", ".djhtml", ".txt", ".text", ".xml", ".svg", ".js", ".mjs", ".css", ".json", ".mjml"),
    *(".webmanifest", ".eml", ".subject", ".email", ".rss", ".atom", ".ics", ".jinja", ".jinja2", ".j2"),
}
MARKUP_SUFFIXES = {".html", ".htm", ".xhtml", ".djhtml", ".xml", ".svg", ".mjml", ".email", ".jinja", ".jinja2", ".j2"}


@dataclass(frozen=True)
class TemplateFile:
    """One template: its name as in `{% extends %}`, its file, and the engine that loads it.

    ``own`` is true when the template belongs to the site and not to a package. ``engine`` is None for a Jinja2
    template. ``environment`` is then its Jinja2 environment.
    """

    name: str
    path: Path
    engine: Engine | None
    loader: Any
    own: bool
    environment: Any = None

    @property
    def is_markup(self) -> bool:
        """Return whether the template contains HTML, SVG or another XML format."""
        return self.path.suffix.lower() in MARKUP_SUFFIXES


def discover(findings: list[Finding], *, third_party: bool) -> list[TemplateFile]:
    """Return all templates that the site's engines can load by name.

    Include templates of installed packages when ``third_party`` is true. When two engines can load the same name, the
    first one counts, as in Django. Loops of symbolic links are added to ``findings``.
    """
    found: dict[Path, TemplateFile] = {}
    taken: set[str] = set()
    for backend in engines.all():
        names: set[str] = set()
        for root, make in _folders(backend):
            own = is_own(root)
            for path, foreign in _walk(root, own, findings) if own or third_party else ():
                name = str(path)[len(str(root)) :].replace(os.sep, "/").lstrip("/")
                if path in found or name in taken or not claims(backend, name) or (foreign and not third_party):
                    continue
                names.add(name)
                found[path] = make(name, path, own and not foreign)
        taken |= names
    return list(found.values())


def _folders(backend: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the folders of a backend, each with a function that creates a TemplateFile."""
    if isinstance(backend, DjangoTemplates):
        engine = backend.engine
        for loader in _loaders(engine.template_loaders):
            for folder in loader.get_dirs() if hasattr(loader, "get_dirs") else ():

                def make(name: str, path: Path, own: bool, *, loader: Any = loader) -> TemplateFile:
                    return TemplateFile(name, path, engine, loader, own)

                yield _absolute(folder), make
    elif is_jinja(backend):
        for folder in backend.template_dirs:
            yield (
                _absolute(folder),
                lambda name, path, own: TemplateFile(name, path, None, None, own, backend.env),
            )


def _absolute(folder: Any) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links


def _loaders(loaders: list[Any]) -> Iterator[Any]:
    for loader in loaders:
        if inner := getattr(loader, "loaders", None):
            yield from _loaders(inner)
        else:
            yield loader


def _walk(root: Path, own: bool, findings: list[Finding]) -> Iterator[tuple[Path, bool]]:
    waiting: list[tuple[str, bool, tuple[str, ...]]] = [(str(root), False, (os.path.realpath(root),))]
    while waiting:
        folder, foreign, above = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue  # Django accepts a template folder that does not exist
        for entry in entries:
            if _is_folder(entry):
                real = os.path.realpath(entry.path)
                if real in above:
                    message = f"'{entry.name}' links to a folder above it, so a walk over the templates never ends."
                    level = Level.WARNING if own else Level.NOTE
                    findings.append(Finding(105, level, message, "Remove the link.", Path(entry.path)))
                elif not entry.name.startswith("."):
                    waiting.append((entry.path, foreign or entry.name in FOREIGN_FOLDERS, (*above, real)))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122 - a Path for each costs too much
                yield Path(entry.path), foreign


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself
