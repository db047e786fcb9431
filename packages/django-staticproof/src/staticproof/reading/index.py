"""Index all static files that the configured finders find, by the name under which they are collected."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.utils.module_loading import import_string

from ..findings import Finding, Level
from ..project import FOREIGN_FOLDERS, base_dir, is_own, walk

BUILD_FILE = re.compile(
    r"package\.json|(?:gulpfile|Gruntfile)\S*\.[cm]?[jt]s|(?:webpack|rollup|vite|esbuild|parcel)\S*\.[cm]?[jt]s|Makefile"
)


@dataclass(frozen=True)
class Root:
    """One folder of static files.

    ``app`` is the dotted name of its app, or ``None`` for a folder of STATICFILES_DIRS. ``prefix`` is the first part of
    the names of its files.
    """

    folder: Path
    app: str | None
    prefix: str
    own: bool


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One static file: the name for `{% static %}`, its path, its root, and whether it is the site's own."""

    name: str
    path: str
    root: Root
    own: bool


@dataclass
class Index:
    """The static files of the site.

    * ``files``: the files that collectstatic collects. The first of several with the same name counts.
    * ``shadowed``: the other files of the same names.
    * ``ignored``: the files that collectstatic's ignore patterns leave out.
    * ``folders``: the names of all folders.
    * ``not_installed``: the names that apps outside INSTALLED_APPS would add, with the folders of these apps.
    * ``similar``: the suggestions of ``names.nearest`` that are known so far.
    """

    files: dict[str, StaticFile] = field(default_factory=dict)
    shadowed: list[StaticFile] = field(default_factory=list)
    ignored: dict[str, StaticFile] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    not_installed: dict[str, Path] = field(default_factory=dict)
    similar: dict[str, str | None] = field(default_factory=dict)
    roots: list[Root] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @cached_property
    def by_loose_name(self) -> dict[str, list[str]]:
        """Names by their normalized form, as a file system compares them that ignores case and Unicode form."""
        return _grouped((loosened(name), name) for name in self.files)

    @cached_property
    def by_base_name(self) -> dict[str, list[str]]:
        """Names by their last part in lower case."""
        return _grouped((name.rpartition("/")[2].lower(), name) for name in self.files)

    @cached_property
    def by_folder(self) -> dict[str, list[str]]:
        """The last parts of names by the folder before them."""
        return _grouped((name.rpartition("/")[0], name.rpartition("/")[2]) for name in self.files)

    @cached_property
    def build_files(self) -> dict[Path, str]:
        """The files of a front-end build in the site's root, above it and one level below it, with their texts."""
        root = base_dir()
        folders = [root, root.parent, *(folder for folder in sorted(root.glob("*/")) if folder.name != "node_modules")]
        return {
            path: path.read_text(encoding="utf-8", errors="replace")
            for folder in folders
            for path in sorted(folder.glob("*"))
            if BUILD_FILE.fullmatch(path.name) and path.is_file()
        }


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    return groups


def loosened(name: str) -> str:
    """Return a name as macOS and Windows compare it: in a normal Unicode form and without case."""
    return unicodedata.normalize("NFC", name).casefold()


def build() -> Index:
    """Return an index of the files of all configured finders. Follow links, and report and skip loops of links."""
    index = Index()
    patterns = list(getattr(apps.get_app_config("staticfiles"), "ignore_patterns", []))
    for name in settings.STATICFILES_FINDERS:
        finder = import_string(name)()  # a new one, because a finder keeps the folders that existed when it was made
        if type(finder).list in (FileSystemFinder.list, AppDirectoriesFinder.list):
            # Django's own `list()` never finishes in a loop of links.
            for root in _roots(finder):
                index.roots.append(root)
                _walk(index, root, patterns)
        else:
            _ask(index, finder, patterns)
    return index


def _roots(finder: Any) -> Iterator[Root]:
    for key, storage in finder.storages.items():
        folder = Path(os.path.abspath(storage.location))  # noqa: PTH100 - resolve() would follow links
        app = key if isinstance(finder, AppDirectoriesFinder) else None
        if folder.is_dir():
            yield Root(folder, app, getattr(storage, "prefix", None) or "", is_own(folder))


def _walk(index: Index, root: Root, patterns: list[str]) -> None:
    collected = str(Path(settings.STATIC_ROOT).resolve()) if settings.STATIC_ROOT else None
    real = os.path.realpath(root.folder)
    prefix = f"{root.prefix}/" if root.prefix else ""

    def broken(path: Path, number: int, message: str) -> None:
        level = Level.ERROR if root.own else Level.NOTE
        index.findings.append(Finding(number, level, message, "Remove it or repair it.", path))

    for below, folders, files in walk(root.folder, broken):
        above = below.split("/")[:-1]
        own = root.own and FOREIGN_FOLDERS.isdisjoint(above)
        is_ignored = any(matches_patterns(part, patterns) for part in above)
        folders[:] = [name for name in folders if f"{real}{os.sep}{below}{name}" != collected]
        index.folders.update(f"{prefix}{below}{name}" for name in folders)
        for name in files:
            file = StaticFile(f"{prefix}{below}{name}", f"{root.folder}{os.sep}{below}{name}", root, own)
            _enter(index, file, is_ignored or matches_patterns(name, patterns))


def _ask(index: Index, finder: Any, patterns: list[str]) -> None:
    for path, storage in finder.list(patterns):
        prefix = getattr(storage, "prefix", None)
        name = path.replace(os.sep, "/")
        try:
            place = Path(storage.path(path))
        except NotImplementedError:
            place = Path(name)  # the file is not on this disk: only its name is known
        root = Root(place.parent, None, prefix or "", is_own(place))
        _enter(index, StaticFile(f"{prefix}/{name}" if prefix else name, str(place), root, root.own), ignored=False)
        index.folders.update(str(parent) for parent in Path(name).parents)


def _enter(index: Index, file: StaticFile, ignored: bool) -> None:
    if ignored:
        index.ignored.setdefault(file.name, file)
    elif file.name in index.files:
        index.shadowed.append(file)
    else:
        index.files[file.name] = file
