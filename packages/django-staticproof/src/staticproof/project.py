"""The root folder of the site, and the files that belong to the site."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings

FOREIGN_FOLDERS = frozenset({"site-packages", "dist-packages", "node_modules", ".venv", "venv", "env", ".tox", ".nox"})
TEST_FOLDERS = frozenset({"tests", "test", "migrations"})
TEST = re.compile(r"test_.*|.*_test\.py|tests\.py|conftest\.py")


def base_dir() -> Path:
    """Return the root of the site: ``BASE_DIR``, the folder of the running ``manage.py``, or the current folder."""
    if configured := getattr(settings, "BASE_DIR", None):
        return _resolved(str(configured))
    script = Path(sys.argv[0])
    return script.resolve().parent if script.name == "manage.py" else Path.cwd()


def repository() -> Path | None:
    """Return the root of the git repository that contains the site, or None."""
    return _repository(base_dir())


def is_own(path: Path) -> bool:
    """Return whether a file belongs to the site: it is in its repository and not installed, collected or uploaded.

    Without a repository, it must be under the root of the site.
    """
    return _is_own(str(path), str(repository() or base_dir()), _excluded())


def shown(path: Path) -> str:
    """Return a path for messages: relative to the site's root when it is in its repository, with forward slashes."""
    root = base_dir()
    for candidate in (path, Path(os.path.realpath(path))):  # resolve() raises on a loop of links before Python 3.13
        if candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    above = repository()
    return Path(os.path.relpath(path, root) if above and path.is_relative_to(above) else path).as_posix()


Folder = tuple[str, list[str], list[str]]
Broken = Callable[[Path, int, str], None]


def walk(root: Path, broken: Broken | None = None) -> Iterator[Folder]:
    """Walk a folder like `os.walk`, but sorted. Yield the path below the root, the names of folders and of files.

    The path is empty, or it ends in a slash. The caller may remove names of folders. With ``broken``, links are
    followed, and it is called with the path, the rule and a message for unreadable folders and loops of links.
    """
    waiting: list[tuple[str, tuple[str, ...]]] = [("", (os.path.realpath(root),))]
    while waiting:
        below, above = waiting.pop()
        inner: dict[str, str] = {}
        files: list[str] = []
        try:
            entries = sorted(os.scandir(f"{root}{os.sep}{below}"), key=lambda entry: entry.name)
        except OSError as error:
            if broken:
                broken(root / below, 101, f"This folder cannot be read: {error.strerror}.")
            continue
        for entry in entries:
            if not _is_folder(entry, broken):
                files.append(entry.name)
                continue
            real = os.path.realpath(entry.path) if entry.is_symlink() else f"{above[-1]}{os.sep}{entry.name}"
            if real not in above:
                inner[entry.name] = real
            elif broken:
                broken(Path(entry.path), 105, f"'{entry.name}' links to a folder above it. Programs follow it forever.")
        folders = list(inner)
        yield below, folders, files
        waiting += [(f"{below}{name}/", (*above, inner[name])) for name in folders]


def _is_folder(entry: os.DirEntry[str], broken: Broken | None) -> bool:
    try:
        return entry.is_dir(follow_symlinks=broken is not None)
    except OSError:
        if broken:
            broken(Path(entry.path), 105, f"'{entry.name}' is a symbolic link to itself. collectstatic stops at it.")
        return False


def own_code() -> tuple[list[Path], list[Path]]:
    """Return the site's own Python files, and its packages that contain a folder `static`.

    Tests, migrations and this app are left out, because they contain faults on purpose.
    """
    excluded = _excluded() | {str(Path(__file__).resolve().parent)}
    python_files: list[Path] = []
    packages: list[Path] = []
    for root in _code_folders():
        for below, folders, files in walk(root):
            if "static" in folders and ("__init__.py" in files or "apps.py" in files):
                packages.append(root / below)
            if TEST_FOLDERS.isdisjoint(below.split("/")):
                python_files += [root / below / name for name in files if name.endswith(".py") and not TEST.match(name)]
            folders[:] = [
                name
                for name in folders
                if not name.startswith(".")
                and name not in FOREIGN_FOLDERS
                and name not in {"static", "__pycache__"}
                and f"{root}{os.sep}{below}{name}" not in excluded
            ]
    return python_files, packages


def _code_folders() -> list[Path]:
    """Return the root of the site, and the folders of own apps elsewhere in its repository."""
    folders = [base_dir()]
    for path in sorted(Path(config.path) for config in apps.get_app_configs()):
        if is_own(path) and not any(path.is_relative_to(folder) for folder in folders):
            folders.append(path)
    return folders


def static_prefixes() -> tuple[str, ...]:
    """Return the prefixes of a hard-coded static URL: STATIC_URL, and its path when STATIC_URL has a host.

    A bare ``/`` is left out, because it would match every link of the site.
    """
    return _prefixes(settings.STATIC_URL or "")


@functools.lru_cache(maxsize=1)
def _resolved(folder: str) -> Path:
    return Path(folder).resolve()


@functools.lru_cache(maxsize=1)
def _repository(root: Path) -> Path | None:
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


@functools.lru_cache
def _prefixes(static_url: str) -> tuple[str, ...]:
    url = f"{static_url.rstrip('/')}/"
    return tuple(dict.fromkeys(prefix for prefix in (url, urlsplit(url).path) if prefix.strip("/")))


def _excluded() -> frozenset[str]:
    roots = (settings.STATIC_ROOT, settings.MEDIA_ROOT)
    return frozenset(str(Path(root).resolve()) for root in roots if root) - {str(base_dir())}


@functools.lru_cache(maxsize=65536)
def _is_own(path: str, root: str, excluded: frozenset[str]) -> bool:
    resolved = Path(os.path.realpath(path))
    if not resolved.is_relative_to(root):
        # A file belongs to the site when a symbolic link inside the site leads to it.
        resolved = Path(path)
        if not resolved.is_relative_to(root):
            return False
    inside = resolved.relative_to(root)
    if not FOREIGN_FOLDERS.isdisjoint(inside.parts):
        return False
    return not any(resolved.is_relative_to(folder) for folder in excluded)
