"""The root folder of the site, and the files that belong to the site."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

FOREIGN_FOLDERS = frozenset({"site-packages", "dist-packages", "node_modules", ".venv", "venv", "env", ".tox", ".nox"})


def base_dir() -> Path:
    """Return the root of the site: ``BASE_DIR``, the folder of the running ``manage.py``, or the current folder."""
    if configured := getattr(settings, "BASE_DIR", None):
        return _resolved(str(configured))
    script = Path(sys.argv[0])
    return script.resolve().parent if script.name == "manage.py" else Path.cwd()


def is_own(path: Path) -> bool:
    """Return whether a file belongs to the site: it is under the root and not installed, collected or uploaded."""
    return _is_own(str(path), str(base_dir()), _excluded())


def shown(path: Path) -> str:
    """Return a path for messages: relative to the site's root when it is inside, and with forward slashes."""
    root = base_dir()
    for candidate in (path, Path(os.path.realpath(path))):  # resolve() raises on a loop of links before Python 3.13
        if candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return path.as_posix()


@dataclass(frozen=True)
class Tree:
    """The results of a walk over the site's own folders.

    These are its Python files, and the packages that contain a folder `static`. Tests, migrations and this app are left
    out, because they contain faults on purpose.
    """

    python_files: tuple[Path, ...]
    packages_with_static: tuple[Path, ...]


def walk() -> Tree:
    """Walk the site's own folders, without hidden, installed, collected or uploaded ones and without links."""
    root, excluded, this_app = base_dir(), _excluded(), str(Path(__file__).resolve().parent)
    python_files: list[Path] = []
    packages: list[Path] = []
    for folder, folders, files in os.walk(root):
        if "static" in folders and ("__init__.py" in files or "apps.py" in files):
            packages.append(Path(folder))
        python_files += [
            path for name in files if name.endswith(".py") and not _is_test(path := Path(folder, name), root)
        ]
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in FOREIGN_FOLDERS
            and name not in {"static", "__pycache__"}
            and (joined := f"{folder}{os.sep}{name}") not in excluded
            and joined != this_app
            and not os.path.exists(f"{joined}{os.sep}pyvenv.cfg")  # noqa: PTH110 - a Path for each costs too much
        ]
    return Tree(tuple(sorted(python_files)), tuple(sorted(packages)))


def static_prefixes() -> tuple[str, ...]:
    """Return the prefixes of a hard-coded static URL: STATIC_URL, and its path when STATIC_URL has a host.

    A bare ``/`` is left out, because it would match every link of the site.
    """
    return _prefixes(settings.STATIC_URL or "")


@functools.lru_cache(maxsize=1)
def _resolved(folder: str) -> Path:
    return Path(folder).resolve()


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
    prefix = Path(sys.prefix).resolve()
    if prefix != Path(root) and prefix.is_relative_to(root) and resolved.is_relative_to(prefix):
        return False
    return not any(resolved.is_relative_to(folder) for folder in excluded)


def _is_test(path: Path, root: Path) -> bool:
    folders = path.relative_to(root).parts[:-1]
    name = path.name
    return (
        not {"tests", "test", "migrations"}.isdisjoint(folders)
        or name.startswith("test_")
        or name.endswith("_test.py")
        or name in {"tests.py", "conftest.py"}
    )
