"""SARIF: the report is valid against the schema of OASIS, and its places lead to the files of the repository.

`data/sarif-schema-2.1.0.json` is an unchanged copy of `sarif-2.1/schema/sarif-schema-2.1.0.json` in the repository
oasis-tcs/sarif-spec.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import override_settings

from staticproof.catalogue import rules
from staticproof.findings import Finding, Level
from staticproof.report import Report
from staticproof.sarif import SCHEMA, sarif

RULES = rules()
SCHEMA_FILE = Path(__file__).parent / "data/sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Return a report with a finding for each rule, in a site inside a larger repository."""
    (tmp_path / ".git").mkdir()
    with override_settings(BASE_DIR=tmp_path / "back end"):
        report = Report()
        for number in RULES:
            level = (Level.ERROR, Level.WARNING, Level.NOTE)[number % 3]
            place = tmp_path / f"back end/templates/{number}é.html"
            report.add(Finding(number, level, "Write {% static 'a' %}.", "", place, number))
        report.add(Finding(86, Level.ERROR, "The page / is wrong.", "Correct it."))
        report.add(Finding(4, Level.NOTE, "Elsewhere.", "", tmp_path.parent / "a.html"))
    return report


def test_the_report_is_valid(report: Report, schema: Any) -> None:
    assert schema["id"] == SCHEMA
    found = json.loads(json.dumps(sarif(report)))
    jsonschema.validate(found, schema)
    assert len(found["runs"][0]["results"]) == len(RULES) + 2
    wrongs: list[dict[str, Any]] = [{"level": "info"}, {"locations": {}}, {"message": {"words": "x"}}]
    for wrong in wrongs:
        found["runs"][0]["results"][0] |= wrong
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(found, schema)
        found = json.loads(json.dumps(sarif(report)))


def test_a_result_leads_to_its_rule_and_its_place(report: Report, tmp_path: Path) -> None:
    (run,) = sarif(report)["runs"]
    rules = run["tool"]["driver"]["rules"]
    places = []
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        places.append((place["artifactLocation"]["uri"], place.get("region", {}).get("startLine")))
    assert ("back%20end/templates/4%C3%A9.html", 4) in places
    assert ("back%20end/manage.py", None) in places
    assert ((tmp_path.parent / "a.html").as_uri(), None) in places
    (rule,) = (rule for rule in rules if rule["id"] == "staticproof.004")
    assert rule["help"]["markdown"] == RULES[4].page


def test_braces_are_not_placeholders(report: Report) -> None:
    (run,) = sarif(report)["runs"]
    texts = [result["message"]["text"] for result in run["results"] if result["ruleId"] == "staticproof.004"]
    assert texts[1] == "Write {{% static 'a' %}}.\nSee `staticproof rule 004`."
