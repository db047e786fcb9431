"""Group the same fault of many files into one finding, because many similar lines hide their common cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..findings import Finding, Level

HARD_CODED = {21, 22, 23}  # rules of reading about a plain name, which may be warnings
DOES_NOT_COMPILE = {1, 2, 3, 104}  # rules of reading whose faults prevent a template from compiling
PATH = re.compile(r"[\w@+~-][\w@+~./-]*\.\w{1,8}\b|(?<=')[\w@+~-][\w@+~./-]*/(?=')")  # a file, or a quoted folder
REFERS = re.compile(r"refers to |is referred to |fails: ")


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


def new(complaints: Iterable[Complaint], known: Iterable[Finding]) -> Iterator[Complaint]:
    """Leave out complaints that repeat a finding of reading: those at the same place, or about the same path."""
    errors = [finding for finding in known if finding.level == Level.ERROR or finding.number in HARD_CODED]
    uncompiled = any(finding.number in DOES_NOT_COMPILE for finding in errors)
    places = {(finding.file, finding.line) for finding in errors if finding.file}
    paths = {path for finding in errors for path in PATH.findall(f"{finding.message} {finding.hint}")}
    names = [re.escape(path) + ("" if path.endswith("/") else r"(?![\w-])") for path in paths]
    mentioned = re.compile(rf"(?<![\w.-])(?:{'|'.join(names)})") if names else None
    for complaint in complaints:
        is_known = (
            mentioned and REFERS.match(complaint.fault) and mentioned.search(f"{complaint.subject} {complaint.fault}")
        )
        is_uncompiled = uncompiled and "TemplateSyntaxError" in complaint.fault
        if (complaint.file, complaint.line) not in places and not is_known and not is_uncompiled:
            yield complaint
