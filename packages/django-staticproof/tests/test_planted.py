"""Each static row of the catalogue is planted alone, and must be the only finding."""

import pytest
from django import VERSION

from staticproof.catalogue import rules

from .analyser import Analyser
from .conftest import Project
from .faults_in_files import FAULTS as IN_FILES
from .faults_in_settings import FAULTS as IN_SETTINGS
from .faults_in_templates import FAULTS as IN_TEMPLATES
from .planted import Planted

NEEDS = {("T4", "in a partial"): (6, 0), ("S2", "dead"): (5, 1)}  # the Django version that these need
FAULTS = [
    fault
    for fault in IN_TEMPLATES + IN_FILES + IN_SETTINGS
    if NEEDS.get((fault.row, fault.variant), (0, 0)) <= VERSION[:2]
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row} {fault.variant}")
def test_a_fault_gives_exactly_its_finding(fault: Planted, project: Project, analyser: Analyser) -> None:
    for change in fault.changes:
        change.apply(project.root)
    findings = analyser.run(project.root)["findings"]
    found = [(finding["id"], finding["file"], finding["line"]) for finding in findings]
    assert found == [(f"staticproof.{fault.id}", fault.file, fault.line)], findings
    assert fault.hint in findings[0]["hint"]
    assert findings[0]["message"]


def test_the_healthy_project_has_no_finding(project: Project, analyser: Analyser) -> None:
    result = analyser.run(project.root, third_party=True)
    assert result["findings"] == []
    assert result["messages"] == []
    assert result["statistics"] == {"templates": 4, "references": 4, "files": 4, "unproven": 0}


def test_every_static_row_of_the_catalogue_is_planted() -> None:
    rows = {rule.row for number, rule in rules().items() if number < 84}
    assert rows - {fault.row for fault in FAULTS} == {"L8"}  # needs a repository: see test_git.py
