"""The formats of a report: text, JSON and annotations."""

from pathlib import Path

import pytest
from django.core.management.color import no_style
from django.test import override_settings

from staticproof import report as reports
from staticproof.findings import Finding, Level
from staticproof.report import Report, Summary


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Return a report with a finding of each level, errors first."""
    with override_settings(BASE_DIR=tmp_path):
        report = Report(summary=Summary(files=2, bytes_raw=1500, bytes_gzip=999, bytes_brotli=2_500_000, pages=1))
        report.add(Finding(4, Level.ERROR, "An error: 100%.", "Fix it.\nAll of it.", tmp_path / "a,b.html", 3))
        report.add(Finding(9, Level.WARNING, "A warning.", "", tmp_path / "c.html"))
        report.add(Finding(1, Level.NOTE, "A note."))
    return report


def test_errors_come_last(report: Report) -> None:
    assert [finding["level"] for finding in report.ordered()] == ["info", "warning", "error"]
    assert report.ordered("error")[0]["file"] == "a,b.html"


@pytest.mark.parametrize(
    ("levels", "failing"),
    [("error warning info", "info warning error"), ("warning info", "info warning"), ("info", "info"), ("", "")],
)
def test_the_fail_level_decides(report: Report, levels: str, failing: str) -> None:
    report.findings = [finding for finding in report.findings if finding["level"] in levels.split()]
    assert {level for level in ("error", "warning", "info") if report.fails(level)} == set(failing.split())


def test_the_text_has_a_place_a_message_and_a_hint(report: Report) -> None:
    lines = reports.text(report, no_style(), "error", with_notes=False).splitlines()
    assert lines == [
        "c.html",
        "     W009  A warning.",
        "",
        "a,b.html",
        "  3  E004  An error: 100%.",
        "           Fix it.",
        "           All of it.",
        "",
        "Not proven: 1 error, 1 warning.",
        "  Collected  2 files, 1.5 kB; 1.0 kB as gzip, 2,500.0 kB as Brotli",
        "  Fetched    1 page and 0 error pages",
        "  Followed   0 static files, from HTML to CSS to JavaScript",
        "  Notes      1 (--verbosity 2 shows them)",
        "  Time       0.0 s",
        "  Explained  by `staticproof rule 004`, and so on for each number",
    ]
    with_notes = reports.text(report, no_style(), "info", with_notes=True).splitlines()
    assert with_notes[:2] == ["The running site", "     I001  A note."]


def test_the_findings_of_a_file_stay_together(report: Report) -> None:
    report.findings.append(report.findings[0] | {"level": "warning", "id": "staticproof.W009", "line": 12})
    lines = reports.text(report, no_style(), "error", with_notes=False).splitlines()
    assert lines[3:9] == [
        "a,b.html",
        "   3  E004  An error: 100%.",
        "            Fix it.",
        "            All of it.",
        "  12  W009  An error: 100%.",
        "            Fix it.",
    ]


def test_skipped_stages_are_reported(report: Report) -> None:
    report.stage = "collected"
    assert "Not tried  serving" in reports.text(report, no_style(), "error", with_notes=False)


def test_annotations_are_escaped_as_github_requires(report: Report) -> None:
    assert reports.github(report).splitlines() == [
        "::warning file=c.html,title=staticproof.W009::A warning.",
        "::error file=a%2Cb.html,line=3,title=staticproof.E004::An error: 100%25.%0AFix it.%0AAll of it.",
    ]


def test_annotations_are_relative_to_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with override_settings(BASE_DIR=tmp_path / "backend"):
        report = Report()
        report.add(Finding(4, Level.ERROR, "An error.", "", tmp_path / "backend/a.html", 3))
        report.add(Finding(4, Level.ERROR, "Next to the site.", "", tmp_path / "app/b.html", 3))
        report.add(Finding(4, Level.ERROR, "Outside.", "", tmp_path.parent / "c.html", 3))
    assert report.ordered()[0]["file"] == "../app/b.html"
    assert reports.github(report).splitlines() == [
        "::error file=app/b.html,line=3,title=staticproof.E004::Next to the site.",
        f"::error file={tmp_path.parent}/c.html,line=3,title=staticproof.E004::Outside.",
        "::error file=backend/a.html,line=3,title=staticproof.E004::An error.",
    ]


def test_json_can_be_read_back(report: Report) -> None:
    data = report.as_dict()
    assert data["ok"] is False
    assert data["folder"] == ""
    assert [finding["help"] for finding in data["findings"]] == [f"staticproof rule {n}" for n in ("001", "009", "004")]
    assert Report.from_dict(data).as_dict() == data
