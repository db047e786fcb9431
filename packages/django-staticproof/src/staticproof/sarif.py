"""The report in the format SARIF 2.1.0, for GitHub's code scanning and for editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .catalogue import rules
from .report import Report, in_repository

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(report: Report) -> dict[str, Any]:
    """Return the report as one run of SARIF.

    A rule keeps its id at every level, because code scanning compares the ids of two runs. Files are relative to the
    root of the repository. A finding about the running site is located in `manage.py`, because code scanning refuses a
    result without a file.
    """
    findings = report.ordered()
    pages = {number: rules()[number] for number in sorted({int(finding["id"][-3:]) for finding in findings})}
    descriptors = [
        {
            "id": f"staticproof.{number:03d}",
            "shortDescription": {"text": rule.title},
            "help": {"text": rule.page, "markdown": rule.page},
        }
        for number, rule in pages.items()
    ]
    driver = {"name": "django-staticproof", "version": version("django-staticproof"), "rules": descriptors}
    results = [_result(finding, report.folder, list(pages)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: dict[str, Any], folder: str, numbers: list[int]) -> dict[str, Any]:
    number = int(finding["id"][-3:])
    file = in_repository(finding["file"] or "manage.py", folder)
    uri = Path(file).as_uri() if Path(file).is_absolute() else quote(file)
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding["line"]:
        place["region"] = {"startLine": finding["line"]}
    text = "\n".join(part for part in (finding["message"], finding["hint"], f"See `{finding['help']}`.") if part)
    return {
        "ruleId": f"staticproof.{number:03d}",
        "ruleIndex": numbers.index(number),
        "level": LEVELS[finding["level"]],
        "message": {"text": _braced(text)},
        "locations": [{"physicalLocation": place}],
    }


def _braced(text: str) -> str:
    """Double the braces of a message, because single ones mark a placeholder (SARIF 2.1.0, section 3.11.5)."""
    return re.sub(r"[{}]", r"\g<0>\g<0>", text)
