"""How long the whole proof takes, and how that grows with the static files and with the templates of the site."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.bench import Bench
from harness.growth import grow
from harness.plots import Line, Plot, line
from harness.samples import Samples, exponent, number
from harness.sections import Section, Table

type Points = dict[str, list[tuple[float, Samples]]]

FILES = (100, 300, 1000, 3000, 10_000, 20_000)
TEMPLATES = (10, 30, 100, 300, 1000)
# What the other measure stays at.
FEW_TEMPLATES, FEW_FILES = 30, 100
# Sizes from here on are measured once: they take long, and what else the machine does matters less to them.
LARGE = 3000
TEXT = """\
`manage.py provestatic` on sites that have so many static files and templates more than a fresh one: one file in ten is
a stylesheet, one a script, the others are images, and each template names eight of them. The cache folder is empty at
the first run of each size; the next ones know what has not changed. Growth is linear where the exponent is 1: twice the
files, twice the time; it is that of the first runs, between the last two sizes. The numbers here are with TMPDIR in
memory, to see the proof and not the disk: each proof writes all files once, and on the same machine's ext4 disk new
files cost the more the more there are (20,000: 35 s, exponent 1.40)."""
FIRST, NEXT = "first run", "next runs"


def measure(bench: Bench) -> Section:
    """Seconds by the number of static files, then by the number of templates."""
    by_files = _grown(bench, (FILES[0], 200) if bench.quick else FILES, lambda count: (FEW_TEMPLATES, count))
    by_templates = _grown(bench, (TEMPLATES[0], 20) if bench.quick else TEMPLATES, lambda count: (count, FEW_FILES))
    return Section(
        name="proof",
        title="The proof, as the site grows",
        text=TEXT,
        machine=bench.machine,
        tables=[_table("static files", by_files), _table("templates", by_templates)],
        plots=[
            Plot("proof-files", "The proof, by static files", "static files", "seconds", _lines(by_files)),
            Plot("proof-templates", "The proof, by templates", "templates", "seconds", _lines(by_templates)),
        ],
    )


def _grown(bench: Bench, counts: Sequence[int], size: Callable[[int], tuple[int, int]]) -> Points:
    """For each count of templates and static files the first run, and the next ones."""
    points: Points = {FIRST: [], NEXT: []}
    for count in counts:
        templates, files = size(count)
        site = grow(bench.site, Path(tempfile.mkdtemp(prefix="proof-", dir=bench.folder), "site"), templates, files)
        first, *others = (
            _seconds(bench, site) for _ in range(1 + (1 if bench.quick or files >= LARGE else min(bench.runs, 3)))
        )
        points[FIRST].append((count, Samples((first,), "s")))
        points[NEXT].append((count, Samples(tuple(others), "s")))
    return points


def _lines(points: Points) -> list[Line]:
    return [line(label, taken) for label, taken in points.items()]


def _seconds(bench: Bench, site: Path) -> float:
    variables = bench.variables(XDG_CACHE_HOME=f"{site}-cache")
    began = time.monotonic()
    done = subprocess.run(
        [str(bench.python), "manage.py", "provestatic"],
        cwd=site,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"A healthy site is not proven:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - began


def _table(what: str, points: Points) -> Table:
    pairs = zip(*points.values(), strict=True)
    rows = [(f"{count:,.0f}", number(first.median) + " s", str(others)) for (count, first), (_, others) in pairs]
    return Table(f"By number of {what}: exponent {exponent(points[FIRST]):.2f}", (what, *points), rows)
