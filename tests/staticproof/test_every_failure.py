"""Every failure of the catalogue, planted alone into a generated site, gives its finding, and nothing else."""

from __future__ import annotations

import pytest
from conftest import Site

from staticproof.planting import Fault, Workshop
from staticproof.site_process import SiteProcess
from staticproof.table import FAULTS, titles


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_failure_alone_gives_its_finding_alone(
    fault: Fault, workshop: Workshop, site_process: SiteProcess, lasting_process: SiteProcess
) -> None:
    # What Django looks up once, when it starts: Python, settings, and which apps have static files.
    at_start = any(change.path.endswith(".py") or "/static/" in change.path for change in fault.changes)
    with workshop.planted(fault) as expected:
        if fault.served:
            report = site_process.prove(collected=True)
        else:
            report = (site_process if at_start else lasting_process).read()
    found = [(finding["id"], finding["file"], finding["line"]) for finding in report["findings"]]
    assert found == [expected], report["findings"]
    assert report["findings"][0]["message"]


def test_the_generated_site_has_no_finding(site_process: SiteProcess) -> None:
    assert site_process.read()["findings"] == []


def test_every_row_of_the_catalogue_is_planted(site: Site) -> None:
    rows = titles(site)
    assert len(rows) == 40
    assert {fault.row for fault in FAULTS} == rows.keys()
