"""The result of a benchmark: measurements with their spread, claims with their bounds, and tables."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class Samples:
    """The measurements of one subject, in the order of the runs and in one unit."""

    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        """Return the median, the smallest and the largest value: `1,234 (1,100 to 1,300) requests/s`."""
        low, high = number(min(self.values)), number(max(self.values))
        return f"{number(self.median)} ({low} to {high}) {self.unit}".rstrip()


def alternating(
    subjects: Mapping[str, Callable[[], float]], runs: int, unit: str, warm_up: bool = True
) -> dict[str, Samples]:
    """Measure the subjects in turns, A B A B, so that other load on the machine affects all of them equally.

    Each subject is a function that returns one measurement in ``unit``. With ``warm_up``, a first round is not counted.
    """
    values: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(-1 if warm_up else 0, runs):
        for name, measure in subjects.items():
            value = measure()
            if turn >= 0:
                values[name].append(value)
    return {name: Samples(tuple(taken), unit) for name, taken in values.items()}


def exponent(points: Sequence[tuple[float, Samples]]) -> float:
    """Return the exponent of the growth between the last two points: 1 is linear, 2 is quadratic."""
    (fewer, before), (more, after) = points[-2:]
    return math.log(after.median / before.median) / math.log(more / fewer)


def number(value: float) -> str:
    """Return a number with three significant digits, and commas for thousands."""
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


@dataclass(frozen=True)
class Claim:
    """One row of the table of claims: this template, another subject, and a bound for their ratio.

    The ratio is ours / other of the medians; with ``speedup`` it is other / ours, as in "15 times faster".
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
        return self._quotient(self.ours.median, self.other.median)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio of two neighbouring runs."""
        pairs = zip(self.ours.values, self.other.values, strict=True)
        ratios = [self._quotient(ours, other) for ours, other in pairs]
        return min(ratios), max(ratios)

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at == "least" else self.ratio <= self.bound

    def _quotient(self, ours: float, other: float) -> float:
        return other / ours if self.speedup else ours / other


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Section:
    """The result of one benchmark. ``text`` is Markdown: how it is measured, and what the numbers mean."""

    name: str
    title: str
    text: str = ""
    machine: str = ""
    claims: list[Claim] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Write the section as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Section:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        claims = [
            Claim(**claim | {side: Samples(tuple(claim[side]["values"]), claim[side]["unit"]) for side in SIDES})
            for claim in data["claims"]
        ]
        return cls(**data | {"claims": claims, "tables": [Table(**table) for table in data["tables"]]})

    def markdown(self) -> str:
        """Return the section under a heading of the second level."""
        parts = [f"## {self.title}", self.text, f"Measured on {self.machine}." if self.machine else ""]
        if self.claims:
            parts.append(claims_table(self.claims))
        for table in self.tables:
            parts += [f"### {table.title}" if table.title else "", markdown_table(table.columns, table.rows)]
        return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


SIDES = ("ours", "other")


def claims_table(claims: Sequence[Claim]) -> str:
    """Return the claims as a table of Markdown."""
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
    return markdown_table(("what", "this template", "compared with", "ratio", "bound", "met"), rows)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of GitHub's Markdown; all columns but the first are aligned to the right."""
    lines = [columns, ("---", *["---:"] * (len(columns) - 1)), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
