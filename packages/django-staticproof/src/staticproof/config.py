"""The table `[tool.staticproof]` of `pyproject.toml`, and the choice of rules and files.

The keys are the names of the options of `provestatic`. An option on the command line replaces the value of the file.
Patterns of files match paths as the report shows them: relative to the site's root, and `*` matches `/` too.
"""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import number_of, suggestion
from .findings import Finding, Level
from .project import base_dir, shown

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NUMBER = 109
RULES, LIST, RULES_BY_FILE = "rules", "list", "rules by file"
KEYS: dict[str, Any] = {  # a type, a tuple of choices, or one of the words above
    "select": RULES,
    "ignore": RULES,
    "per-file-ignores": RULES_BY_FILE,
    "exclude": LIST,
    "login": str,
    "with-data": bool,
    "include-pages": LIST,
    "exclude-pages": LIST,
    "limit": LIST,
    "as-if": ("plain", "manifest", "hashed"),
    "baseline": str,
    "format": ("text", "json", "github", "sarif"),
    "fail-level": ("ERROR", "WARNING", "INFO"),
}


@dataclass(frozen=True)
class Choice:
    """The rules and the files to report. An empty ``select`` means all rules."""

    select: frozenset[int] = frozenset()
    ignore: frozenset[int] = frozenset()
    by_file: tuple[tuple[str, frozenset[int]], ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Choice:
        """Return the choice of a table, of which every value is correct."""
        by_file = tuple((pattern, _numbers(rules)) for pattern, rules in values.get("per-file-ignores", {}).items())
        select, ignore = _numbers(values.get("select", ())), _numbers(values.get("ignore", ()))
        return cls(select, ignore, by_file, tuple(values.get("exclude", ())))

    def hides(self, finding: Finding) -> bool:
        """Return whether a finding is not reported. A wrong configuration is always reported."""
        number, path = finding.number, shown(finding.file) if finding.file else ""
        hidden = number in self.ignore or bool(self.select and number not in self.select)
        here = [rules for pattern, rules in self.by_file if _matches(path, pattern)]
        excluded = any(_matches(path, pattern) for pattern in self.exclude)
        return number != NUMBER and (hidden or excluded or any(number in rules for rules in here))


_given: Choice | None = None


def use(values: Mapping[str, Any]) -> None:
    """Use these values of ``select``, ``ignore``, ``per-file-ignores`` and ``exclude``, and do not read the file."""
    global _given
    _given = Choice.of(values)


def current() -> tuple[Choice, list[Finding]]:
    """Return the choice of `use`, or the one of the site's `pyproject.toml`, and a finding when that file is wrong."""
    if _given is not None:
        return _given, []
    try:
        return Choice.of(read(base_dir())), []
    except ValueError as error:
        return Choice(), [Finding(NUMBER, Level.ERROR, str(error), "Until then, the configuration has no effect.")]


def read(folder: Path) -> dict[str, Any]:
    """Return `[tool.staticproof]` of the nearest `pyproject.toml` that has it, in a folder or above it.

    The search ends at the root of the git repository. ``baseline`` becomes a path relative to the `pyproject.toml`.

    Raises:
        ValueError: for the first wrong key or value. The text is one line for the user, with file and line.
    """
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file() and "tool.staticproof" in (text := file.read_text(encoding="utf-8", errors="replace")):
            try:
                table = tomllib.loads(text).get("tool", {}).get("staticproof")
            except tomllib.TOMLDecodeError as error:
                raise ValueError(f"{file} is not valid TOML: {error}.") from None
            if isinstance(table, dict):
                values = {key: _checked(key, value, file, text) for key, value in table.items()}
                return values | ({"baseline": str(place / values["baseline"])} if "baseline" in values else {})
        if (place / ".git").exists():
            break
    return {}


def rule_names(names: list[str]) -> list[str]:
    """Return the names of rules, without commas.

    Raises:
        ValueError: for a name that is not a rule.
    """
    split = [name for text in names for name in re.split(r"[\s,]+", text) if name]
    _numbers(split)
    return split


def _checked(key: str, value: Any, file: Path, text: str) -> Any:
    """Return a value of the file in the form of the command line."""
    try:
        return _converted(key, value)
    except ValueError as error:
        written = re.compile(rf"^(\[tool\.staticproof\.)?[ \t\"']*{re.escape(key)}\b", re.MULTILINE)
        found = written.search(text, max(0, text.find("[tool.staticproof")))
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise ValueError(f"{file}:{line}: '{key}' in [tool.staticproof]: {error}") from None


def _converted(key: str, value: Any) -> Any:
    kind = KEYS.get(key)
    if kind is None:
        raise ValueError(f"There is no such key.{suggestion(key, KEYS)}")
    if isinstance(kind, tuple):
        if value not in kind:
            raise ValueError(f"'{value}' is not one of {', '.join(kind)}.{suggestion(str(value), kind)}")
    elif kind in (RULES, LIST):
        values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        return rule_names(values) if kind == RULES else values
    elif kind == RULES_BY_FILE:
        if not isinstance(value, dict) or not all(isinstance(rules, list) for rules in value.values()):
            raise ValueError('It needs a table such as { "static/vendor/*" = ["022"] }.')
        return {pattern: rule_names([str(rule) for rule in rules]) for pattern, rules in value.items()}
    elif not isinstance(value, kind):
        raise ValueError(f"It needs {'true or false' if kind is bool else 'a string'}, not {value!r}.")
    return value


def _numbers(names: Iterable[str]) -> frozenset[int]:
    return frozenset(map(number_of, names))


def _matches(path: str, pattern: str) -> bool:
    """Return whether a pattern matches a path or one of the folders above it."""
    return bool(path) and (fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"{pattern.rstrip('/')}/*"))
