"""The table of failures in docs/static-failures.md: a row is what the tools said when the failure was planted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conftest import ROOT, Site, run

from staticproof.faults_in_files import FAULTS as IN_FILES
from staticproof.faults_in_templates import FAULTS as IN_TEMPLATES
from staticproof.planting import Fault
from staticproof.tools import TOOLS, Measurement

DOCUMENT = ROOT / "docs" / "static-failures.md"
FAULTS = IN_TEMPLATES + IN_FILES
OURS = "staticproof"
COLUMNS = (OURS, *TOOLS)

INTRODUCTION = """\
# How static files fail, and who says so before a deploy

Each row is a way in which Django static files fail. Each was planted, alone, into a freshly generated site, in the
forms that the third column names; then the tools ran, and the table is what they said. `docs/measure_failures.py`
writes this page, and `tests/staticproof/` repeats it: all of the column *staticproof*, and samples of the others.

- **staticproof** is `manage.py provestatic`, with `--collected` for S4 to S7. *Yes* is the finding named in the last
  column, at the file and line of the failure, and nothing else.
- **check --deploy** is `manage.py check --deploy --fail-level WARNING` under production settings, **collectstatic** is
  `manage.py collectstatic --no-input`: both as they are without staticproof.
- **djlint --lint** is djLint with its Django profile.

For these three, *yes* is a failure that the healthy site does not give, or an output that names the file. It may be a
traceback. Where a row was planted in several forms and only some were seen, the cell says how many.
"""


@dataclass(frozen=True)
class Row:
    """One failure: its id in the catalogue, its title, the forms in which it was planted, how many each tool saw."""

    id: str
    title: str
    forms: tuple[str, ...]
    findings: tuple[str, ...]
    seen: Mapping[str, int]

    def cell(self, tool: str) -> str:
        """What the table says of a tool: yes, no, or how many of the forms."""
        seen, planted = self.seen[tool], len(self.forms)
        return "yes" if seen == planted else f"{seen} of {planted}" if seen else "no"

    def __str__(self) -> str:
        cells = [self.id, self.title, ", ".join(self.forms), *map(self.cell, COLUMNS), ", ".join(self.findings)]
        return f"| {' | '.join(cells)} |"


def titles(site: Site) -> dict[str, str]:
    """The rows of the catalogue and their titles, in its order."""
    code = (
        "import json; from staticproof.catalogue import RULES;"
        "print(json.dumps({rule.row: rule.title for rule in RULES.values() if rule.row}))"
    )
    catalogue: dict[str, str] = json.loads(run(site.python, "-c", code, cwd=site.path).stdout)
    return catalogue


def measured(row: str, title: str, measurement: Measurement) -> Row:
    """Plant every form of a failure and ask the tools."""
    faults = [fault for fault in FAULTS if fault.row == row]
    seen = dict.fromkeys(COLUMNS, 0)
    for fault in faults:
        seen[OURS] += measurement.staticproof(fault)
        for tool, told in measurement.others(fault).items():
            seen[tool] += bool(told)
    return Row(row, title, tuple(fault.variant for fault in faults), _findings(faults), seen)


def document(rows: Sequence[Row], versions: str) -> str:
    """The whole page."""
    heads = ["", "failure", "planted as", *COLUMNS, "finding"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *map(str, rows)]
    totals = [
        f"| {tool} | {sum(row.cell(tool) == 'yes' for row in rows)} | "
        f"{sum(row.cell(tool) not in {'yes', 'no'} for row in rows)} |"
        for tool in COLUMNS
    ]
    table = ["", f"Of {len(rows)} failures:", "", "| tool | caught | caught in some forms |", "|---|---|---|", *totals]
    return "\n".join([INTRODUCTION, f"Measured with {versions}.", "", *lines, *table, ""])


def _findings(faults: Sequence[Fault]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fault.id for fault in faults))
