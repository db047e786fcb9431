"""Plant a fault of the catalogue as a change to the healthy project of `conftest.py`.

The faults themselves are data, in the modules `faults_in_*.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HOME = "blog/templates/blog/home.html"
SETTINGS = "mysite/settings.py"
IMAGE = '<img src="{% static \'blog/imgs/dot.svg\' %}" alt="A dot">'


@dataclass(frozen=True)
class Change:
    """One change to the project. Replace ``old``, which must occur, or write the whole file when it is ``None``."""

    path: str
    new: str | bytes
    old: str | None = None

    def apply(self, root: Path) -> None:
        target = root / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.new, bytes):
            target.write_bytes(self.new)
            return
        text = self.new
        if self.old is not None:
            before = target.read_text(encoding="utf-8")
            assert before.count(self.old) == 1, f"{self.path} must hold {self.old!r} once"
            text = before.replace(self.old, text)
        target.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Planted:
    """A fault: its row in the catalogue, a word for the variant, the finding that it must give, the changes."""

    row: str
    variant: str
    id: str
    file: str
    line: int | None
    changes: tuple[Change, ...]
    hint: str = ""  # the finding's hint must contain this text


def home(new: str) -> Change:
    """Return the home page with another text in place of its image, on line 4."""
    return Change(HOME, new, IMAGE)


def on_home(row: str, variant: str, number: str, new: str, hint: str = "", *others: Change) -> Planted:
    return Planted(row, variant, number, HOME, 4, (home(new), *others), hint)


def in_css(row: str, variant: str, number: str, rule: str, hint: str = "", *others: Change) -> Planted:
    return Planted(
        row,
        variant,
        number,
        "static/css/more.css",
        2,
        (Change("static/css/more.css", f"/* 1 */\n{rule}\n"), *others),
        hint,
    )


def in_js(row: str, variant: str, number: str, code: str, hint: str = "", *others: Change) -> Planted:
    return Planted(
        row, variant, number, "static/js/more.js", 2, (Change("static/js/more.js", f"// 1\n{code}\n"), *others), hint
    )


def in_python(row: str, variant: str, number: str, line: int, code: str, hint: str = "") -> Planted:
    return Planted(row, variant, number, "blog/extra.py", line, (Change("blog/extra.py", code),), hint)


def in_settings(row: str, variant: str, number: str, line: int | None, *changes: Change, hint: str = "") -> Planted:
    return Planted(row, variant, number, SETTINGS, line, changes, hint)


def setting(new: str, old: str) -> Change:
    return Change(SETTINGS, new, old)
