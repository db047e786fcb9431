"""The table of docs/static-failures.md: each row states which tools found the planted failure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conftest import ROOT, Site, run

from failures.in_files import FAULTS as IN_FILES
from failures.in_templates import FAULTS as IN_TEMPLATES
from failures.tools import TOOLS, Measurement, provestatic

DOCUMENT = ROOT / "docs" / "static-failures.md"
FAULTS = IN_TEMPLATES + IN_FILES
OURS = "staticproof"
COLUMNS = (OURS, *TOOLS)

INTRODUCTION = """\
# How static files fail, and which tools find it before a deploy

Each row is one way in which Django static files fail. Each failure was planted alone into a freshly generated site, in
the forms that the third column lists. Then the tools ran. `uv run benchmarks/failures/measure.py` writes this page;
`tests/staticproof/test_failures.py` repeats a sample of its rows.

- **staticproof** is `manage.py provestatic`, with `--collected` for S4 to S7. *Yes* means: exactly the finding in the
  last column, at the file and line of the failure, and no other finding.
- **check --deploy** is `manage.py check --deploy --fail-level WARNING` under production settings, **collectstatic** is
  `manage.py collectstatic --no-input`; both run without staticproof installed.
- **djlint --lint** is djLint with its Django profile.

For these three, *yes* means: the tool fails, unlike on the healthy site, or its output names the file. The output may
be a traceback. Where a tool found only some of the forms, the cell gives the number.
"""


@dataclass(frozen=True)
class Row:
    """One failure: its id and title in the catalogue, the planted forms, and how many of them each tool found."""

    id: str
    title: str
    forms: tuple[str, ...]
    findings: tuple[str, ...]
    found: Mapping[str, int]

    def cell(self, tool: str) -> str:
        """Return the cell of a tool: yes, no, or the number of forms found."""
        found, planted = self.found[tool], len(self.forms)
        return "yes" if found == planted else f"{found} of {planted}" if found else "no"

    def __str__(self) -> str:
        cells = [self.id, self.title, ", ".join(self.forms), *map(self.cell, COLUMNS), ", ".join(self.findings)]
        return f"| {' | '.join(cells)} |"


def titles(site: Site) -> dict[str, str]:
    """Return the rows of the catalogue and their titles, in the order of the numbers of the rules."""
    code = (
        "import json; from staticproof.catalogue import rules;"
        "print(json.dumps({rule.row: rule.title for number, rule in sorted(rules().items()) if rule.row}))"
    )
    catalogue: dict[str, str] = json.loads(run(site.python, "-c", code, cwd=site.path).stdout)
    return catalogue


def measured(row: str, title: str, measurement: Measurement) -> Row:
    """Plant every form of a failure and run all tools."""
    faults = [fault for fault in FAULTS if fault.row == row]
    found = dict.fromkeys(COLUMNS, 0)
    for fault in faults:
        expected, reported = provestatic(measurement.workshop, fault)
        found[OURS] += reported == [expected]
        for tool, lines in measurement.others(fault).items():
            found[tool] += bool(lines)
    findings = tuple(dict.fromkeys(fault.id for fault in faults))
    return Row(row, title, tuple(fault.variant for fault in faults), findings, found)


def document(rows: Sequence[str], versions: str) -> str:
    """Return the whole page; each row is a line of the table."""
    heads = ["", "failure", "planted as", *COLUMNS, "finding"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *rows]
    cells = {tool: [row.split(" | ")[3 + index] for row in rows] for index, tool in enumerate(COLUMNS)}
    totals = [
        f"| {tool} | {cells[tool].count('yes')} | {sum(' of ' in cell for cell in cells[tool])} |" for tool in COLUMNS
    ]
    table = ["", f"Of {len(rows)} failures:", "", "| tool | found | found in some forms |", "|---|---|---|", *totals]
    return "\n".join([INTRODUCTION, f"Measured with {versions}.", "", *lines, *table, ""])


def written() -> dict[str, str]:
    """Return the rows of the existing page, by their id."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.count(" | ") > 5]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines[1:]}
