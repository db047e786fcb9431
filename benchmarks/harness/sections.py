"""What a benchmark hands in: claims beside their bounds, tables, plots. Kept as JSON, shown as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from .plots import Line, Plot, drawn
from .samples import Samples, number


@dataclass(frozen=True)
class Claim:
    """One line of the table of claims: ours beside another, and the bound of their ratio.

    The ratio is ours / other of the medians; with `speedup`, other / ours, as in "15 times faster".
    """

    what: str
    ours: Samples
    other: Samples
    other_name: str
    bound: float
    at: Literal["least", "most"]
    speedup: bool = False

    @property
    def ratio(self) -> float:
        return _quotient(self.ours.median, self.other.median, self.speedup)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio of two runs that stood next to each other."""
        pairs = zip(self.ours.values, self.other.values, strict=True)
        ratios = [_quotient(ours, other, self.speedup) for ours, other in pairs]
        return min(ratios), max(ratios)

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at == "least" else self.ratio <= self.bound


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Section:
    """All that one benchmark says. `text` is Markdown: how it is measured, and what the reader must know."""

    name: str
    title: str
    text: str = ""
    machine: str = ""
    claims: list[Claim] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Write the section as JSON, and its plots beside it as SVG."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(f"{text}\n", encoding="utf-8")
        for plot in self.plots:
            (folder / f"{plot.name}.svg").write_text(drawn(plot), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Section:
        return _revived(json.loads(path.read_text(encoding="utf-8")))

    def markdown(self, plots: str) -> str:
        """The section under a heading of the second level; `plots` is the folder of the SVG files, as a link has it."""
        parts = [f"## {self.title}", self.text, f"Measured on {self.machine}." if self.machine else ""]
        if self.claims:
            parts.append(claims_table(self.claims))
        for table in self.tables:
            parts += [f"### {table.title}" if table.title else "", markdown_table(table.columns, table.rows)]
        parts += [f"![{plot.title}]({plots}/{plot.name}.svg)" for plot in self.plots]
        return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def claims_table(claims: Sequence[Claim]) -> str:
    """Medians, in brackets smallest and largest; the ratio's brackets are of runs next to each other."""
    rows = [
        (
            claim.what,
            str(claim.ours),
            f"{claim.other} ({claim.other_name})" if claim.other_name else str(claim.other),
            f"{number(claim.ratio)} ({number(claim.spread[0])} to {number(claim.spread[1])})",
            f"at {claim.at} {number(claim.bound)}",
            "yes" if claim.met else "**no**",
        )
        for claim in claims
    ]
    return markdown_table(("what", "this template", "beside", "ratio", "claimed", "met"), rows)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of GitHub's Markdown; the first column is text, the others stand to the right."""
    lines = [columns, ("---", *["---:"] * (len(columns) - 1)), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _quotient(ours: float, other: float, speedup: bool) -> float:
    return other / ours if speedup else ours / other


def _revived(data: dict[str, Any]) -> Section:
    claims = [
        Claim(**claim | {"ours": _samples(claim["ours"]), "other": _samples(claim["other"])})
        for claim in data["claims"]
    ]
    plots = [Plot(**plot | {"lines": [Line(**line) for line in plot["lines"]]}) for plot in data["plots"]]
    tables = [Table(**table) for table in data["tables"]]
    return Section(**data | {"claims": claims, "tables": tables, "plots": plots})


def _samples(data: dict[str, Any]) -> Samples:
    return Samples(tuple(data["values"]), data["unit"])
