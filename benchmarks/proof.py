"""Seconds of `manage.py provestatic`, by the number of static files and of templates."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.bench import Bench
from harness.files import grow
from harness.report import Samples, Section, Table, exponent, number

type Points = dict[str, list[tuple[float, Samples]]]

FILES = (100, 1000, 10_000, 20_000)
TEMPLATES = (10, 100, 1000)
FEW_TEMPLATES, FEW_FILES = 30, 100  # the number that stays the same while the other one grows
LARGE = 3000  # sizes from here on are measured once, because they take long
TEXT = """\
`manage.py provestatic` on sites with more static files and templates than a new one: of ten files one is a stylesheet,
one a script, and eight are images; each template names eight files. The cache is empty at the first run of each size;
the next runs know which files have not changed. Growth is linear where the exponent is 1; it is that of the first runs,
between the last two sizes. The temporary folder is in memory where possible (/dev/shm), to measure the proof and not
the disk."""
FIRST, NEXT = "first run", "next runs"


def measure(bench: Bench) -> Section:
    """Measure seconds by the number of static files, then by the number of templates."""
    by_files = _grown(bench, (FILES[0], 200) if bench.quick else FILES, lambda count: (FEW_TEMPLATES, count))
    by_templates = _grown(bench, (TEMPLATES[0], 20) if bench.quick else TEMPLATES, lambda count: (count, FEW_FILES))
    return Section(
        name="proof",
        title="The proof, as the site grows",
        text=TEXT,
        machine=bench.machine,
        tables=[_table("static files", by_files), _table("templates", by_templates)],
    )


def _grown(bench: Bench, counts: Sequence[int], size: Callable[[int], tuple[int, int]]) -> Points:
    """Return the first run and the next runs for each size."""
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


def _seconds(bench: Bench, site: Path) -> float:
    memory = {"TMPDIR": "/dev/shm"} if os.access("/dev/shm", os.W_OK) else {}
    variables = bench.variables(XDG_CACHE_HOME=f"{site}-cache", **memory)
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
        raise RuntimeError(f"a healthy site is not proven:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - began


def _table(what: str, points: Points) -> Table:
    pairs = zip(*points.values(), strict=True)
    rows = [(f"{count:,.0f}", number(first.median) + " s", str(others)) for (count, first), (_, others) in pairs]
    return Table(f"By number of {what}: exponent {exponent(points[FIRST]):.2f}", (what, *points), rows)
