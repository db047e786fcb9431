"""Runs in turn, and what is told of them: the median and the spread."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Samples:
    """What several runs of one subject gave, in the order of the runs and in one unit."""

    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        """The median and, in brackets, the smallest and the largest value: `1,234 (1,100 to 1,300) requests/s`."""
        low, high = number(min(self.values)), number(max(self.values))
        return f"{number(self.median)} ({low} to {high}) {self.unit}".rstrip()


def alternating(
    subjects: Mapping[str, Callable[[], float]], runs: int, unit: str, warm_up: bool = True
) -> dict[str, Samples]:
    """Run the subjects in turn, A B A B, so that what else the machine does meets all of them alike.

    Each subject is a function that returns one measurement in `unit`. With `warm_up`, a first round is not counted.
    """
    values: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(-1 if warm_up else 0, runs):
        for name, run in subjects.items():
            value = run()
            if turn >= 0:
                values[name].append(value)
    return {name: Samples(tuple(taken), unit) for name, taken in values.items()}


def exponent(points: Sequence[tuple[float, Samples]]) -> float:
    """Of the growth between the last two points: 1 is linear, 2 is quadratic."""
    (fewer, before), (more, after) = points[-2:]
    return math.log(after.median / before.median) / math.log(more / fewer)


def number(value: float) -> str:
    """A number with three digits that mean something, and commas for thousands."""
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"
