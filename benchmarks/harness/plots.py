"""Plots as SVG: lines over two axes, readable in a light and in a dark room, the same bytes for the same numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .samples import Samples, number

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 64, 56
# Colours of Okabe and Ito, told apart by colour-blind readers: https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
DARK_COLOURS = ("#56b4e9", "#e69f00", "#2bc99b", "#e5a9c9")
STYLE = """\
svg { color: #222; background: #fff; font: 13px system-ui, sans-serif; }
text { fill: currentColor; } .title { font-size: 16px; font-weight: 600; } .grid { stroke: currentColor; opacity: .15; }
.line { fill: none; stroke-width: 2; } .band { opacity: .2; }
.middle { text-anchor: middle; } .end { text-anchor: end; }
"""


@dataclass(frozen=True)
class Line:
    """Points of one subject: x, the median y, the smallest and the largest y."""

    label: str
    points: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Plot:
    """`name` is the file's, without `.svg`. A logarithmic axis takes positive numbers only."""

    name: str
    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    logarithmic_x: bool = True
    logarithmic_y: bool = True


def line(label: str, points: Sequence[tuple[float, Samples]]) -> Line:
    """A line of a plot from the samples at each x."""
    return Line(label, [(x, taken.median, min(taken.values), max(taken.values)) for x, taken in points])


def drawn(plot: Plot) -> str:
    """The plot as the text of an SVG file."""
    xs = _Axis([point[0] for line in plot.lines for point in line.points], plot.logarithmic_x, LEFT, WIDTH - RIGHT)
    ys = _Axis(
        [value for line in plot.lines for point in line.points for value in point[1:]],
        plot.logarithmic_y,
        HEIGHT - BOTTOM,
        TOP,
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(plot.title)}</title>",
        f"<style>\n{STYLE}{_coloured(COLOURS)}",
        f"@media (prefers-color-scheme: dark) {{ svg {{ color: #ddd; background: #111; }} {_coloured(DARK_COLOURS)} }}",
        "</style>",
        f'<text class="title" x="{LEFT}" y="24">{escape(plot.title)}</text>',
        *_grid(xs, ys),
        f'<text class="middle" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 12}">{escape(plot.x_label)}</text>',
        f'<text class="middle" transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)">'
        f"{escape(plot.y_label)}</text>",
    ]
    beside = LEFT
    for index, line in enumerate(plot.lines):
        parts += [*_curve(line, index % len(COLOURS), xs, ys), *_legend(line.label, index % len(COLOURS), beside)]
        beside += 40 + 7 * len(line.label)
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """Maps values to places between two ends of the picture, and knows where its marks are."""

    def __init__(self, values: Sequence[float], logarithmic: bool, start: float, end: float) -> None:
        self.logarithmic, self.start, self.end = logarithmic, start, end
        if logarithmic:
            self.low = 10.0 ** math.floor(math.log10(min(values)))
            self.high = 10.0 ** math.ceil(math.log10(max(values)))
        else:
            self.low, self.high = 0.0, max(values) * 1.05
        if self.low == self.high:
            self.high = self.low * 10 or 1.0

    def place(self, value: float) -> float:
        scaled = math.log10 if self.logarithmic else float
        share = (scaled(value) - scaled(self.low)) / (scaled(self.high) - scaled(self.low))
        return self.start + share * (self.end - self.start)

    @property
    def marks(self) -> list[float]:
        if self.logarithmic:
            decades = round(math.log10(self.high / self.low))
            return [self.low * 10.0**exponent for exponent in range(decades + 1)]
        step = 10.0 ** math.floor(math.log10(self.high))
        step = next(step / part for part in (1, 2, 5, 10) if self.high / (step / part) >= 4)
        return [step * count for count in range(int(self.high / step) + 1)]


def _grid(xs: _Axis, ys: _Axis) -> list[str]:
    parts = []
    for mark in xs.marks:
        x = xs.place(mark)
        parts += [
            f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>',
            f'<text class="middle" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}">{_mark(mark)}</text>',
        ]
    for mark in ys.marks:
        y = ys.place(mark)
        parts += [
            f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>',
            f'<text class="end" x="{LEFT - 8}" y="{y + 4:.1f}">{_mark(mark)}</text>',
        ]
    return parts


def _curve(line: Line, colour: int, xs: _Axis, ys: _Axis) -> list[str]:
    """The line of the medians, a dot at each, and the band between the smallest and the largest value."""
    places = [(xs.place(x), *(ys.place(y) for y in values)) for x, *values in line.points]
    upper = [f"{x:.1f} {high:.1f}" for x, _, _, high in places]
    lower = [f"{x:.1f} {low:.1f}" for x, _, low, _ in reversed(places)]
    medians = [f"{x:.1f} {middle:.1f}" for x, middle, _, _ in places]
    dots = [f'<circle class="f{colour}" cx="{x:.1f}" cy="{middle:.1f}" r="3"/>' for x, middle, _, _ in places]
    return [
        f'<path class="band f{colour}" d="M{"L".join([*upper, *lower])}Z"/>',
        f'<path class="line s{colour}" d="M{"L".join(medians)}"/>',
        *dots,
    ]


def _legend(label: str, colour: int, x: int) -> list[str]:
    return [
        f'<circle class="f{colour}" cx="{x + 6}" cy="44" r="5"/>',
        f'<text x="{x + 18}" y="48">{escape(label)}</text>',
    ]


def _coloured(colours: Sequence[str]) -> str:
    return " ".join(f".f{n} {{ fill: {colour}; }} .s{n} {{ stroke: {colour}; }}" for n, colour in enumerate(colours))


def _mark(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:g}" if value < 0.001 else number(value).rstrip("0")
