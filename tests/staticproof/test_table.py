"""docs/static-failures.md says what the tools say: a sample of its rows is measured again."""

from __future__ import annotations

import pytest
from conftest import Site

from staticproof.planting import Workshop
from staticproof.table import DOCUMENT, Row, document, measured, titles
from staticproof.tools import Measurement

# One row that each of the other tools sees, as quick to measure as there are.
SAMPLE = ("T10", "P2", "C3")


@pytest.fixture(scope="module")
def rows(site: Site, workshop: Workshop) -> dict[str, Row]:
    names = titles(site)
    measurement = Measurement(workshop)
    return {row: measured(row, names[row], measurement) for row in SAMPLE}


@pytest.mark.parametrize("row", SAMPLE)
def test_a_row_of_the_table_is_what_was_measured(row: str, rows: dict[str, Row]) -> None:
    assert str(rows[row]) in DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_the_table_has_every_failure_and_the_words_of_its_script(site: Site, rows: dict[str, Row]) -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    table = [line.split(" | ")[:2] for line in lines if line.startswith("| ") and line.count(" | ") > 4][1:]
    assert table == [[f"| {row}", title] for row, title in titles(site).items()]
    written = [line for line in document([], "").splitlines() if not line.startswith(("Of ", "Measured with", "| "))]
    assert [line for line in written if line not in lines] == []
