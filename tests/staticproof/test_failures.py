"""A sample of docs/static-failures.md, planted into a generated site.

The package django-staticproof tests every failure in a small project of its own, and `benchmarks/failures/measure.py`
measures every failure in a generated site.
"""

from __future__ import annotations

import pytest
from conftest import Site
from failures.planting import Fault, Workshop
from failures.table import DOCUMENT, FAULTS, document, measured, titles
from failures.tools import Measurement, provestatic

CLASSIC = ("T1 child template", "T4 typo", "T5 case", "T6 leading slash", "H1 img")
SERVED = ("S5 gone",)  # only serving the collected files finds this
ROWS = ("T10", "P2", "C3")  # rows that are quick to measure, each found by one of the other tools


@pytest.fixture(scope="module")
def workshop(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A copy of the generated site."""
    return Workshop(site, tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def measurement(workshop: Workshop) -> Measurement:
    return Measurement(workshop)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if str(fault) in CLASSIC + SERVED], ids=str)
def test_provestatic_reports_the_failure_and_nothing_else(fault: Fault, workshop: Workshop) -> None:
    expected, findings = provestatic(workshop, fault)
    assert findings == [expected]


@pytest.mark.parametrize("row", ROWS)
def test_the_tools_find_what_the_table_says(row: str, measurement: Measurement) -> None:
    written = DOCUMENT.read_text(encoding="utf-8").splitlines()
    assert str(measured(row, titles(measurement.workshop.site)[row], measurement)) in written


def test_the_table_lists_every_failure_of_the_catalogue(site: Site) -> None:
    catalogue = titles(site)
    assert {fault.row for fault in FAULTS} == catalogue.keys()
    written = DOCUMENT.read_text(encoding="utf-8").splitlines()
    table = [line.split(" | ")[:2] for line in written if line.startswith("| ") and line.count(" | ") > 4][1:]
    assert table == [[f"| {row}", title] for row, title in catalogue.items()]
    script = [line for line in document([], "").splitlines() if not line.startswith(("Of ", "Measured with", "| "))]
    assert [line for line in script if line not in written] == []
