"""Seconds of staticproof's system checks, by the size of the site."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.bench import Bench
from harness.files import grow
from harness.report import Samples, Section, Table, number

SIZES = ((10, 100), (30, 300), (100, 1000), (300, 2000), (1000, 5000))  # templates, static files
TIMED = """\
import time
import django
django.setup()
from staticproof.checks import check_static_references
from staticproof.analysis import statistics
answers = []
for _ in range(2):
    began = time.perf_counter()
    found = check_static_references(None)
    print(time.perf_counter() - began)
    answers.append((len(found), statistics()["references"]))
assert answers[0] == answers[1], answers
print(*answers[0])
"""
TEXT = """\
The seconds that the checks add to the start of `check`, `runserver` and other commands, without the start of Django.
*Cold* is the first process, with an empty cache; *warm* are the next processes, as when `runserver` reloads; *again* is
a second call in the same process. Results that took less than 0.3 s are not cached."""


def measure(bench: Bench) -> Section:
    """Measure seconds for each size of site."""
    taken = [
        (templates, files, *_timed(bench, templates, files)) for templates, files in SIZES[: 1 if bench.quick else 9]
    ]
    rows = [
        (str(templates), f"{files:,}", f"{references:,}", number(cold), str(warm), str(again))
        for templates, files, references, cold, warm, again in taken
    ]
    return Section(
        name="checks",
        title="The system checks, as the site grows",
        text=TEXT,
        machine=bench.machine,
        tables=[Table("", ("templates", "static files", "references", "cold, s", "warm", "again"), rows)],
    )


def _timed(bench: Bench, templates: int, files: int) -> tuple[int, float, Samples, Samples]:
    """Return the number of references, and the seconds cold, warm and again."""
    site = grow(bench.site, bench.folder / f"checks-{templates}", templates, files)
    variables = bench.variables(
        DJANGO_SETTINGS_MODULE="config.settings", XDG_CACHE_HOME=str(bench.folder / f"checks-cache-{templates}")
    )
    runs = [_run(bench.python, site, variables) for _ in range(1 + bench.runs)]
    (references, cold, _), *rest = runs
    if any(found != references for found, *_ in rest):
        raise RuntimeError(f"a warm run of the checks of {site} has another answer than the cold one")
    warm, again = (
        Samples(tuple(times), "s") for times in zip(*((first, second) for _, first, second in rest), strict=True)
    )
    return references, cold, warm, again


def _run(python: Path, site: Path, variables: dict[str, str]) -> tuple[int, float, float]:
    done = subprocess.run(
        [str(python), "-c", TIMED], cwd=site, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the checks of {site} fail:\n{done.stderr}")
    first, again, counts = done.stdout.splitlines()
    found, references = map(int, counts.split())
    if found:
        raise RuntimeError(f"the checks find {found} faults in a healthy site")
    return references, float(first), float(again)
