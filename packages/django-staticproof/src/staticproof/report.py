"""The report of a proof: on a terminal, as JSON, or as annotations for GitHub. `sarif.py` has the format SARIF."""

from __future__ import annotations

import dataclasses
import itertools
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.color import Style

from .findings import Finding, Level
from .project import base_dir, repository, shown

VERSION = 1  # of the JSON format; raised when a key changes its meaning or disappears, not for a new key
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "info"}
NOWHERE = "The running site"  # the heading of findings without a file


def folder_in_repository() -> str:
    """Return the path of the site's root inside its git repository, with a final slash, or an empty text."""
    root = base_dir()
    return f"{root.relative_to(repository() or root).as_posix()}/".removeprefix("./")


@dataclass
class Summary:
    """The numbers of a proof.

    ``bytes_*`` is the size of all collected files as they are sent, by the encoding that the browser accepts.
    ``references`` are those that the static analysis has proven. ``static_files_followed`` were reached from a page and
    checked completely. ``pages_left`` and ``static_files_left`` were not requested because of a limit.
    """

    files: int = 0
    bytes_raw: int = 0
    bytes_gzip: int = 0
    bytes_brotli: int = 0
    templates: int = 0
    references: int = 0
    unproven: int = 0
    pages: int = 0
    pages_need_login: int = 0
    pages_need_arguments: int = 0
    pages_failed: int = 0
    pages_other: int = 0
    pages_left: int = 0
    static_files_followed: int = 0
    static_files_left: int = 0
    error_pages: int = 0
    notes: int = 0
    seconds: float = 0.0


@dataclass
class Report:
    """The results of one proof.

    ``stage`` is the last stage that it reached. ``findings`` are dictionaries as in the JSON format. ``remarks`` are
    sentences about the circumstances of the proof. ``folder`` is the path of the site's root inside its repository.
    ``fixes`` are the certain corrections, see `fix.py`. They exist only when they were requested.
    """

    findings: list[dict[str, Any]] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    stage: str = "served"
    remarks: list[str] = field(default_factory=list)
    folder: str = field(default_factory=folder_in_repository)
    fixes: list[dict[str, str]] | None = None

    def add(self, finding: Finding) -> None:
        """Add a finding with its path relative to the site's root."""
        self.findings.append(
            {
                "id": finding.id,
                "level": LEVELS[finding.level],
                "file": shown(finding.file) if finding.file else None,
                "line": finding.line,
                "message": finding.message,
                "hint": finding.hint,
                "help": f"staticproof rule {finding.number:03d}",
            }
        )
        self.summary.notes += finding.level == Level.NOTE

    def fails(self, level: str) -> bool:
        """Return whether there are findings at this level (``error``, ``warning`` or ``info``) or above it."""
        return bool(self.ordered(level))

    def ordered(self, at_least: str = "info") -> list[dict[str, Any]]:
        """Return the findings at a level and above, sorted by file and line. The files with errors come last."""
        rank = list(LEVELS.values()).index
        chosen = [finding for finding in self.findings if rank(finding["level"]) <= rank(at_least)]
        worst: dict[str | None, int] = {}
        for finding in chosen:
            worst[finding["file"]] = min(rank(finding["level"]), worst.get(finding["file"], len(LEVELS)))
        return sorted(chosen, key=lambda f: (-worst[f["file"]], f["file"] or "", f["line"] or 0, f["id"], f["message"]))

    def as_dict(self, fail_level: str = "error") -> dict[str, Any]:
        """Return the object of ``--format json``. Its keys are stable."""
        return {
            "version": VERSION,
            "ok": not self.fails(fail_level),
            "stage": self.stage,
            "remarks": self.remarks,
            "findings": self.ordered(),
            "summary": dataclasses.asdict(self.summary),
            "folder": self.folder,
        } | ({} if self.fixes is None else {"fixes": self.fixes})

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """Return the report for a dictionary from `as_dict`."""
        numbers = Summary(**data["summary"])
        return cls(data["findings"], numbers, data["stage"], data["remarks"], data["folder"], data.get("fixes"))


# --- Formats ----------------------------------------------------------------------------------------------------------


def text(report: Report, style: Style, fail_level: str, *, with_notes: bool) -> str:
    """Return the report as text: for each file its findings with line, rule, message and hint, then one summary."""
    lines: list[str] = []
    paint = {"error": style.ERROR, "warning": style.WARNING, "info": style.NOTICE}
    shown = report.ordered("info" if with_notes else "warning")
    width = max((len(str(finding["line"] or "")) for finding in shown), default=0)
    for file, group in itertools.groupby(shown, key=lambda finding: finding["file"] or NOWHERE):
        lines.append(style.MIGRATE_HEADING(file))
        for finding in group:
            rule = paint[finding["level"]](finding["id"].removeprefix("staticproof."))
            lines.append(f"  {finding['line'] or '':>{width}}  {rule}  {finding['message']}")
            lines += [f"{'':{width + 10}}{hint}" for hint in finding["hint"].splitlines()]
        lines.append("")
    lines.append(_headline(report, style, fail_level))
    rows = list(_rows(report, with_notes))
    if shown:
        rows.append(("Explained", f"by `{shown[-1]['help']}`, and so on for each number"))
    label_width = max(len(label) for label, _ in rows)
    lines += [f"  {label:<{label_width}}  {value}" for label, value in rows]
    return "\n".join(lines)


def github(report: Report) -> str:
    """Return annotations for GitHub Actions, one per line (see "Workflow commands" in its documentation)."""
    return "\n".join(_annotation(finding, report.folder) for finding in report.ordered("warning"))


def _annotation(finding: dict[str, Any], folder: str) -> str:
    file = in_repository(finding["file"], folder) if finding["file"] else None
    properties = {"file": file, "line": finding["line"], "title": finding["id"]}
    named = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items() if value)
    message = "\n".join(part for part in (finding["message"], finding["hint"]) if part)
    return f"::{finding['level']} {named}::{_escaped(message)}"


def in_repository(file: str, folder: str) -> str:
    """Return the path of a finding relative to the root of the repository. Paths outside the site are absolute."""
    return file if Path(file).is_absolute() else posixpath.normpath(f"{folder}{file}")


def _escaped(value: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def _headline(report: Report, style: Style, fail_level: str) -> str:
    counts = {level: sum(finding["level"] == level for finding in report.findings) for level in LEVELS.values()}
    parts = [_counted(counts[level], level) for level in ("error", "warning") if counts[level]]
    if report.fails(fail_level):
        return style.ERROR(f"Not proven: {', '.join(parts) or _counted(counts['info'], 'note')}.")
    if report.summary.pages_left or report.summary.static_files_left:
        parts.append("up to the limit")
    remark = f" ({', '.join(parts)})" if parts else ""
    return style.SUCCESS(f"Proven: every static file of the site exists and is served correctly{remark}.")


def _rows(report: Report, with_notes: bool) -> Iterator[tuple[str, str]]:
    numbers = report.summary
    if numbers.files:
        sizes = (numbers.bytes_raw, numbers.bytes_gzip, numbers.bytes_brotli)
        raw, gzipped, brotli = (f"{size / 1000:,.1f} kB" for size in sizes)
        yield "Collected", f"{_counted(numbers.files, 'file')}, {raw}; {gzipped} as gzip, {brotli} as Brotli"
    if report.stage != "served":
        yield "Not tried", "serving: fix the errors above first"
    else:
        left_out_counts = {
            "behind a login": numbers.pages_need_login,
            "with arguments": numbers.pages_need_arguments,
            "that fail": numbers.pages_failed,
            "that redirect or need more": numbers.pages_other,
            "beyond the limit": numbers.pages_left,
        }
        left_out = ", ".join(f"{count} {why}" for why, count in left_out_counts.items() if count)
        pages = f"{_counted(numbers.pages, 'page')} and {_counted(numbers.error_pages, 'error page')}"
        yield "Fetched", f"{pages}; left out: {left_out}" if left_out else pages
        followed = f"{_counted(numbers.static_files_followed, 'static file')}, from HTML to CSS to JavaScript"
        left = f"; {numbers.static_files_left} beyond the limit" if numbers.static_files_left else ""
        yield "Followed", followed + left
    if numbers.templates:
        yield "Templates", f"{numbers.templates} read, {_counted(numbers.references, 'reference')} proven"
    if numbers.unproven:
        yield "Unproven", f"{_counted(numbers.unproven, 'reference')} with a variable path"
    if numbers.notes:
        yield "Notes", f"{numbers.notes}{'' if with_notes else ' (--verbosity 2 shows them)'}"
    for remark in report.remarks:
        yield "Remark", remark
    yield "Time", f"{numbers.seconds:.1f} s"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
