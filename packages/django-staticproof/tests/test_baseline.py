"""A baseline accepts existing findings, even when they move to another line."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from staticproof import baseline


def finding(message: str, line: int = 1, number: str = "E004", level: str = "error") -> dict[str, Any]:
    return {"id": f"staticproof.{number}", "level": level, "file": "a.html", "line": line, "message": message}


def test_written_findings_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert baseline.write(path, [finding("x"), finding("x", 2), finding("y"), finding("z", level="info")]) == 3
    known = baseline.read(path)
    assert baseline.new([finding("x", 9), finding("y", 8), finding("x", 7)], known) == []
    third = finding("x", 3)
    other = finding("x", number="E005")
    assert baseline.new([finding("x"), finding("x"), third, other], known) == [third, other]
    # The letter depends on the storage.
    assert baseline.new([finding("y", number="W004")], known) == []


def test_the_file_is_sorted_and_has_a_version(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(path, [finding("y"), finding("x")])
    assert path.read_text(encoding="utf-8") == (
        '{\n  "version": 1,\n  "findings": {\n    "004 a.html x": 1,\n    "004 a.html y": 1\n  }\n}\n'
    )
    assert baseline.read(path) == Counter({"004 a.html x": 1, "004 a.html y": 1})


@pytest.mark.parametrize(
    ("text", "expected_text"),
    [
        (None, "cannot be read"),
        ("{", "is not a baseline of version 1"),
        ("[]", "is not a baseline of version 1"),
        ('{"version": 2, "findings": {}}', "is not a baseline of version 1"),
        ('{"version": 1, "findings": {"a": "b"}}', "is not a baseline of version 1"),
    ],
)
def test_a_file_that_is_not_a_baseline(text: str | None, expected_text: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(baseline.BaselineError, match=expected_text):
        baseline.read(path)
