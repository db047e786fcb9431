"""The table in the README has all rules of the catalogue."""

from pathlib import Path

from staticproof.catalogue import RULES

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_readme_lists_every_rule() -> None:
    text = README.read_text(encoding="utf-8")
    for number, rule in RULES.items():
        assert f"| {number:03d} | {rule.row} | {rule.title} | {rule.remedy} |\n" in text
