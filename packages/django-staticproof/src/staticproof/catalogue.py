"""The rules of the proof. Each rule is one page in the folder `rules`.

The top of a page has the number, the row of the table of failures (T4, H1 ...; some rules have none), the title and the
remedy. The meaning of a number never changes, because people use it in their ignore comments.
"""

from __future__ import annotations

import difflib
import functools
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "rules"
HEAD = re.compile(r"# (?P<number>\d{3})(?: \((?P<row>\w+)\))?: (?P<title>.+)\n\n(?P<remedy>.+)\n")
NAME = re.compile(r"(?:staticproof\.)?[EWI]?(?P<number>\d{3})", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """One rule: its row, the fault, the general remedy in one line, and the whole page."""

    row: str
    title: str
    remedy: str
    page: str


def _read(path: Path) -> Rule:
    page = path.read_text(encoding="utf-8")
    head = HEAD.match(page)
    assert head, f"{path} has no head"
    return Rule(head["row"] or "", head["title"], head["remedy"], page)


@functools.cache
def rules() -> dict[int, Rule]:
    """Return all rules by their numbers."""
    return {int(path.stem): _read(path) for path in sorted(FOLDER.glob("*.md"))}


def number_of(name: str) -> int:
    """Return the number of a rule that is named as ``004``, ``E004`` or ``staticproof.E004``. The letter is ignored.

    Raises:
        ValueError: for any other name. The text is a sentence for the user.
    """
    found = NAME.fullmatch(name.strip())
    if found and (FOLDER / f"{found['number']}.md").is_file():
        return int(found["number"])
    digits = "".join(character for character in name if character.isdigit())
    digits = digits and digits.lstrip("0").zfill(3)
    raise ValueError(f"'{name}' is not a rule.{suggestion(digits, (f'{number:03d}' for number in rules()))}")


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the most similar choice, or an empty text."""
    by_lower_case = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), by_lower_case, n=1)
    return f" Did you mean '{by_lower_case[near[0]]}'?" if near else ""


def explain(names: list[str]) -> int:
    """Print the pages of these rules, or a list of all rules. Return the exit code: 0, or 2 for an unknown rule."""
    try:
        pages = [rules()[number_of(name)].page.rstrip() for name in names]
    except ValueError as error:
        print(f"{error} 'staticproof rule' lists all rules.", file=sys.stderr)
        return 2
    print("\n\n".join(pages) or "\n".join(f"{number:03d}  {rule.title}" for number, rule in rules().items()))
    return 0
