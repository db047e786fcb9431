"""The results of one run of the analysis. The rules add to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..findings import Finding, Level
from ..silence import Ignore
from . import contract
from .index import Index
from .names import Verdict, judge, resolve
from .references import Reference


@dataclass
class Run:
    """The findings, the proven references, the ignore comments, and the number of templates that were read.

    ``separate`` are the findings before several with the same cause become one.
    """

    index: Index
    findings: list[Finding] = field(default_factory=list)
    separate: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    ignores: list[tuple[Path, Ignore]] = field(default_factory=list)
    templates: int = 0

    def fault(self, verdict: Verdict, file: Path | None, line: int | None = None, *, own: bool = True) -> None:
        """Add a finding, unless the contract of the storage allows the fault.

        The message ends with the storages that it applies to. Faults outside the site's own code are notes.
        """
        level, holds = contract.weigh(verdict.kind)
        if level is not None:
            message = f"{verdict.message.removesuffix('.')} ({holds})."
            self.add(verdict.number, level, message, verdict.hint, file, line, own=own)

    def add(
        self,
        number: int,
        level: Level,
        message: str,
        hint: str,
        file: Path | None,
        line: int | None = None,
        *,
        own: bool = True,
    ) -> None:
        """Add a finding of this level. Findings outside the site's own code are notes."""
        self.findings.append(Finding(number, level if own else Level.NOTE, message, hint, file, line))

    def refer(self, name: str, file: Path, line: int) -> None:
        """Add a proven reference to a static file."""
        self.references.append(Reference(name, file, line))

    def judge(self, written: str, file: Path, line: int, *, glued: bool = False) -> Verdict | None:
        """Return the fault of a name (see ``names.judge``), or add a reference when it has none."""
        verdict = judge(written, self.index, glued=glued)
        if verdict is None:
            self.refer(resolve(written, self.index) or written, file, line)
        return verdict
