"""How a failure of the catalogue is planted into a generated site, alone, and taken out again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conftest import Site, run

ABOUT = "pages/templates/pages/about.html"
END = "{% endblock content %}"
SETTINGS = "config/settings.py"


Place = tuple[str, str | None, int | None]  # the id of a finding, its file and its line


@dataclass(frozen=True)
class Change:
    """One change to the site: ``new`` in place of ``old``, which must occur once; without ``old`` the whole file.

    A path with a star names the one file that it matches: what was collected has names that nobody knows beforehand.
    ``new`` of ``None`` removes the file.
    """

    path: str
    new: str | bytes | None
    old: str | None = None


@dataclass(frozen=True)
class Fault:
    """A failure: its row in the catalogue, what is special here, and the finding that must come of it, alone.

    The finding is at the line of ``at``, a text that stands once in ``file``; without it, about the whole file. With
    ``served`` only collecting and serving can tell, and with ``collected`` the site comes with its static files
    collected, as they are when a deploy is about to be released. ``right`` is the same without the failure, where even
    that displeases a linter.
    """

    row: str
    variant: str
    id: str
    file: str | None
    at: str | None
    changes: tuple[Change, ...]
    served: bool = False
    collected: bool = False
    right: tuple[Change, ...] = ()

    def __str__(self) -> str:
        return f"{self.row} {self.variant}"


def at_the_end(markup: str) -> Change:
    """Markup on a line of its own at the end of the about page."""
    return Change(ABOUT, f"  {markup}\n{END}", END)


def on_page(row: str, variant: str, number: str, markup: str, *others: Change, right: str = "") -> Fault:
    """A fault at the end of the about page."""
    changes = (at_the_end(markup), *others)
    return Fault(row, variant, number, ABOUT, markup, changes, right=(at_the_end(right),) if right else ())


def in_file(row: str, variant: str, number: str, path: str, text: str, at: str | None, *others: Change) -> Fault:
    """A fault in a new file."""
    return Fault(row, variant, number, path, at, (Change(path, text), *others))


def in_settings(row: str, variant: str, number: str, at: str | None, *changes: tuple[str, str]) -> Fault:
    """A fault in the settings; each change is what stands there and what comes instead."""
    return Fault(row, variant, number, SETTINGS, at, tuple(Change(SETTINGS, new, old) for old, new in changes))


class Workshop:
    """A copy of a generated site, in a repository as sites are, into which one fault after the other is planted."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.root = folder / "my-site"
        left_out = shutil.ignore_patterns(".venv", ".git", ".coverage", "__pycache__", "db.sqlite3*")
        shutil.copytree(site.path, self.root, ignore=left_out, symlinks=True)
        (self.root / ".venv").symlink_to((site.path / ".venv").resolve(), target_is_directory=True)
        run("git", "init", "--quiet", cwd=self.root)
        self.site = Site(self.root, site.output)
        self.collected = folder / "staticfiles"
        (self.root / "staticfiles").rename(self.collected)

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[Place]:
        """The site with this fault and no other; yields the finding that must come of it. Everything is put back."""
        before: dict[Path, bytes | None] = {}
        staticfiles = self.root / "staticfiles"
        if fault.collected:
            shutil.copytree(self.collected, staticfiles)
        try:
            file = self._resolved(fault.file) if fault.file else None
            for change in fault.changes:
                path = self.root / self._resolved(change.path)
                before.setdefault(path, path.read_bytes() if path.exists() else None)
                _apply(change, path)
            yield f"staticproof.{fault.id}", file, self._line(file, fault.at) if file and fault.at else None
        finally:
            for path, content in before.items():
                _put_back(path, content)
            shutil.rmtree(staticfiles, ignore_errors=True)

    def _resolved(self, path: str) -> str:
        if "*" not in path:
            return path
        (found,) = self.root.glob(path)
        return found.relative_to(self.root).as_posix()

    def _line(self, file: str, at: str) -> int:
        text = (self.root / file).read_text(encoding="utf-8")
        assert text.count(at) == 1, f"{file} must hold {at!r} once"
        return text[: text.index(at)].count("\n") + 1


def _apply(change: Change, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if change.new is None:
        path.unlink()
    elif isinstance(change.new, bytes):
        path.write_bytes(change.new)
    elif change.old is None:
        path.write_text(change.new, encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
        assert text.count(change.old) == 1, f"{change.path} must hold {change.old!r} once"
        path.write_text(text.replace(change.old, change.new), encoding="utf-8")


def _put_back(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return
    path.unlink(missing_ok=True)
    folder = path.parent
    while folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
