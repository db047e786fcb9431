"""Group the same fault of many files into one finding, because many similar lines hide their common cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..findings import Finding, Level


@dataclass(frozen=True)
class Complaint:
    """A fault of ``subject``, which is the name of a static file or a page in messages.

    ``fault`` is the rest of the sentence. Complaints with the same number, level, fault and hint become one finding,
    unless they have different lines. ``missing`` is the name of a static file that should exist.
    """

    number: int
    level: Level
    subject: str
    fault: str
    hint: str = ""
    file: Path | None = None
    line: int | None = None
    missing: str = ""


def findings(complaints: Iterable[Complaint]) -> Iterator[Finding]:
    """Yield one finding for each distinct fault, in the order of the first complaints.

    The finding has a file when all its complaints have the same place.
    """
    groups: dict[tuple[Any, ...], list[Complaint]] = {}
    for complaint in complaints:
        line = (complaint.file, complaint.line) if complaint.line else None
        key = (complaint.number, complaint.level, complaint.fault, complaint.hint, line)
        groups.setdefault(key, []).append(complaint)
    for group in groups.values():
        first = group[0]
        subjects = list(dict.fromkeys(complaint.subject for complaint in group))
        more = f" (and {len(subjects) - 1} more)" if len(subjects) > 1 else ""
        places = {(complaint.file, complaint.line) for complaint in group}
        file, number = places.pop() if len(places) == 1 else (None, None)
        yield Finding(first.number, first.level, f"{subjects[0]}{more} {first.fault}", first.hint, file, number)
