"""How long staticproof's system checks take, and how that grows with the site."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.bench import Bench
from harness.growth import grow
from harness.plots import Plot, line
from harness.samples import Samples, number
from harness.sections import Section, Table

SIZES = ((10, 100), (30, 300), (100, 1000), (300, 2000), (1000, 5000))  # templates, static files
TIMED = """\
import time
import django
django.setup()
from staticproof.checks import check_static_references
from staticproof.analysis import statistics
for _ in range(2):
    began = time.perf_counter()
    found = check_static_references(None)
    print(time.perf_counter() - began)
print(len(found), statistics()["references"])
"""
TEXT = """\
What `check`, `runserver` and every other command add to their start: one call of the checks, without starting Django.
*Cold* is the first process ever, *warm* the next ones, as when `runserver` reloads; *again* is a second call in one
process. What took less than 0.3 s to learn is not kept for the next process: it is learned as quickly as read."""


def measure(bench: Bench) -> Section:
    """Seconds for each size of site."""
    taken = [
        (templates, files, *_timed(bench, templates, files)) for templates, files in SIZES[: 1 if bench.quick else 9]
    ]
    rows = [
        (str(templates), f"{files:,}", f"{references:,}", number(cold), str(warm), str(again))
        for templates, files, references, cold, warm, again in taken
    ]
    lines = [
        line("warm", [(references, warm) for _, _, references, _, warm, _ in taken]),
        line("again", [(references, again) for _, _, references, _, _, again in taken]),
    ]
    return Section(
        name="checks",
        title="The system checks, as the site grows",
        text=TEXT,
        machine=bench.machine,
        tables=[Table("", ("templates", "static files", "references", "cold, s", "warm", "again"), rows)],
        plots=[Plot("checks", "The system checks, by static references", "references", "seconds", lines)],
    )


def _timed(bench: Bench, templates: int, files: int) -> tuple[int, float, Samples, Samples]:
    """The number of references, and the seconds cold, warm and again."""
    site = grow(bench.site, bench.folder / f"checks-{templates}", templates, files)
    variables = bench.variables(
        DJANGO_SETTINGS_MODULE="config.settings", XDG_CACHE_HOME=str(bench.folder / f"checks-cache-{templates}")
    )
    runs = [_run(bench.python, site, variables) for _ in range(1 + bench.runs)]
    (references, cold, _), *rest = runs
    warm, again = (
        Samples(tuple(times), "s") for times in zip(*((first, second) for _, first, second in rest), strict=True)
    )
    return references, cold, warm, again


def _run(python: Path, site: Path, variables: dict[str, str]) -> tuple[int, float, float]:
    done = subprocess.run(
        [str(python), "-c", TIMED], cwd=site, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The checks of {site} fail:\n{done.stderr}")
    first, again, counts = done.stdout.splitlines()
    found, references = map(int, counts.split())
    if found:
        raise RuntimeError(f"The checks find {found} faults in a healthy site.")
    return references, float(first), float(again)
