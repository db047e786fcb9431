"""How long the whole proof takes, and how that grows with the static files and with the templates of the site."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from harness.bench import Bench
from harness.growth import grow
from harness.plots import Plot, line
from harness.samples import Samples, exponent, number
from harness.sections import Section, Table

FILES = (100, 300, 1000, 3000, 10_000, 20_000)
TEMPLATES = (10, 30, 100, 300, 1000)
# What the other measure stays at.
FEW_TEMPLATES, FEW_FILES = 30, 100
# Sizes from here on are measured once: they take long, and what else the machine does matters less to them.
LARGE = 3000
TEXT = """\
`manage.py provestatic` on sites that have so many static files and templates more than a fresh one: one file in ten is
a stylesheet, one a script, the others are images, and each template names eight of them. The cache folder is empty at
the first run of each size, which is not counted. Growth is linear where the exponent is 1: twice the files, twice the
time; it is taken between the last two sizes, where the start of Django no longer matters."""


def measure(bench: Bench) -> Section:
    """Seconds by the number of static files, then by the number of templates."""
    by_files = [(count, _proven(bench, FEW_TEMPLATES, count)) for count in ((FILES[0], 200) if bench.quick else FILES)]
    by_templates = [
        (count, _proven(bench, count, FEW_FILES)) for count in ((TEMPLATES[0], 20) if bench.quick else TEMPLATES)
    ]
    return Section(
        name="proof",
        title="The proof, as the site grows",
        text=TEXT,
        machine=bench.machine,
        tables=[_table("static files", by_files), _table("templates", by_templates)],
        plots=[
            Plot("proof-files", "The proof, by static files", "static files", "seconds", [line("proof", by_files)]),
            Plot("proof-templates", "The proof, by templates", "templates", "seconds", [line("proof", by_templates)]),
        ],
    )


def _proven(bench: Bench, templates: int, files: int) -> Samples:
    site = grow(bench.site, Path(tempfile.mkdtemp(prefix="proof-", dir=bench.folder), "site"), templates, files)
    runs = 1 if bench.quick or files >= LARGE else min(bench.runs, 3)
    seconds = [_seconds(bench, site) for _ in range(1 + runs)]
    return Samples(tuple(seconds[1:]), "s")


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


def _table(what: str, points: Sequence[tuple[int, Samples]]) -> Table:
    rows = [(f"{count:,}", str(taken), f"{number(taken.median / count * 1000)} s") for count, taken in points]
    title = f"By number of {what}: exponent {exponent(points):.2f}"
    return Table(title, (what, "the proof", f"by 1,000 {what}"), rows)
