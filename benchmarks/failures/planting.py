"""Plant one failure of the catalogue into a copy of a generated site, and remove it again."""

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
    """One change to the site: replace ``old``, which must occur once, by ``new``; without ``old``, write the whole
    file.

    A path with a star stands for the one file that it matches: the names of collected files contain a hash.
    ``new=None`` removes the file.
    """

    path: str
    new: str | bytes | None
    old: str | None = None


@dataclass(frozen=True)
class Fault:
    """A failure: its row in the catalogue, the form in which it is planted, and the one finding it must produce.

    The finding is on the line of ``at``, a text that occurs once in ``file``; without ``at`` it is about the whole
    file. ``served`` marks a failure that only collecting and serving can find. With ``collected`` the site has its
    collected static files, as just before a release. ``development`` runs `provestatic` with DEBUG on. ``right`` is the
    same markup without the failure, for markup that djlint reports even when it is correct.
    """

    row: str
    variant: str
    id: str
    file: str | None
    at: str | None
    changes: tuple[Change, ...]
    served: bool = False
    collected: bool = False
    development: bool = False
    right: tuple[Change, ...] = ()

    def __str__(self) -> str:
        return f"{self.row} {self.variant}"


def at_the_end(markup: str) -> Change:
    """Return the change that adds a line of markup to the end of the about page."""
    return Change(ABOUT, f"  {markup}\n{END}", END)


def on_page(row: str, variant: str, number: str, markup: str, *others: Change, right: str = "") -> Fault:
    """Return a fault at the end of the about page."""
    changes = (at_the_end(markup), *others)
    return Fault(row, variant, number, ABOUT, markup, changes, right=(at_the_end(right),) if right else ())


def in_file(row: str, variant: str, number: str, path: str, text: str, at: str | None, *others: Change) -> Fault:
    """Return a fault in a new file."""
    return Fault(row, variant, number, path, at, (Change(path, text), *others))


def in_settings(row: str, variant: str, number: str, at: str | None, *changes: tuple[str, str]) -> Fault:
    """Return a fault in the settings; each change is a pair of the old text and the new text."""
    return Fault(row, variant, number, SETTINGS, at, tuple(Change(SETTINGS, new, old) for old, new in changes))


class Workshop:
    """A copy of a generated site in a git repository, in which faults are planted one after another."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.root = folder / "my-site"
        ignored = shutil.ignore_patterns(".venv", ".git", ".coverage", "__pycache__", "db.sqlite3*")
        shutil.copytree(site.path, self.root, ignore=ignored, symlinks=True)
        (self.root / ".venv").symlink_to((site.path / ".venv").resolve(), target_is_directory=True)
        run("git", "init", "--quiet", cwd=self.root)
        self.site = Site(self.root, site.output)
        self.collected = folder / "staticfiles"
        (self.root / "staticfiles").rename(self.collected)

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[Place]:
        """Plant one fault, yield the finding that it must produce, and restore the site."""
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
                _restore(path, content)
            shutil.rmtree(staticfiles, ignore_errors=True)

    def _resolved(self, path: str) -> str:
        if "*" not in path:
            return path
        (found,) = self.root.glob(path)
        return found.relative_to(self.root).as_posix()

    def _line(self, file: str, at: str) -> int:
        text = (self.root / file).read_text(encoding="utf-8")
        assert text.count(at) == 1, f"{file} must contain {at!r} exactly once"
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
        assert text.count(change.old) == 1, f"{change.path} must contain {change.old!r} exactly once"
        path.write_text(text.replace(change.old, change.new), encoding="utf-8")


def _restore(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return
    path.unlink(missing_ok=True)
    folder = path.parent
    while folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
