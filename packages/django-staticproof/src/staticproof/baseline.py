"""A baseline file: the findings that a project accepts for now, so that only new findings make the proof fail.

The rule, the file and the message identify a finding. The line does not, so a finding that has moved is not new. The
file counts equal findings. It leaves out the letter of a rule, because the letter depends on the storage.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

VERSION = 1


class BaselineError(Exception):
    """A baseline file cannot be read. The text is one sentence for the user."""


def read(path: Path) -> Counter[str]:
    """Return how often each accepted finding may occur.

    Raises:
        BaselineError: when the file is missing or is not a baseline.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] == VERSION:
            return Counter({str(key): int(count) for key, count in data["findings"].items()})
    except OSError as error:
        raise BaselineError(f"The baseline {path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise BaselineError(f"{path} is not a baseline of version {VERSION}. Write it again with --update-baseline.")


def write(path: Path, findings: Iterable[Mapping[str, Any]]) -> int:
    """Write findings of the JSON report to a baseline file, sorted. Return their number.

    Notes are left out, because they never make a proof fail.
    """
    counts = Counter(_key(finding) for finding in findings if finding["level"] != "info")
    data = {"version": VERSION, "findings": dict(sorted(counts.items()))}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return counts.total()


def new(findings: Iterable[Mapping[str, Any]], known: Counter[str]) -> list[Mapping[str, Any]]:
    """Return the findings that are not in the baseline, in their order."""
    left = known.copy()
    unknown: list[Mapping[str, Any]] = []
    for finding in findings:
        left[_key(finding)] -= 1
        if left[_key(finding)] < 0:
            unknown.append(finding)
    return unknown


def _key(finding: Mapping[str, Any]) -> str:
    return f"{finding['id'][-3:]} {finding['file'] or '-'} {finding['message']}"
