"""Seconds of `collectstatic` with whitenoise-edge, compared with WhiteNoise's storage."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from harness.bench import Bench
from harness.files import admins, comment, small
from harness.report import Claim, Samples, Section, Table, alternating, exponent, number

OURS = "whitenoise_edge.storage.CompressedManifestStaticFilesStorage"
THEIRS = "whitenoise.storage.CompressedManifestStaticFilesStorage"
COPY = "django.contrib.staticfiles.storage.StaticFilesStorage"
SIZES = (100, 1000, 10_000, 20_000)
FEW_SIZES = (1000, 10_000)  # enough for the claims
CHANGED = 10
TEXT = """\
Each time is for a complete process, with the start of Django. Both storages keep only hashed files, as the site
does. The files are copies of those of Django's admin, each made unique by a comment at its end. Files of 1 to 4 kB are
the worst case, because there is little in them to compress: they have a table of their own, and the growth is measured
with them. Growth is linear where the exponent, between the last two sizes, is 1: the time for each file is the same."""
SETTINGS = """\
import os
INSTALLED_APPS = ["django.contrib.staticfiles"]
if os.environ["BENCH_STORAGE"].startswith("whitenoise_edge"):
    INSTALLED_APPS = ["whitenoise_edge", *INSTALLED_APPS]
STATIC_URL = "/static/"
STATIC_ROOT = os.environ["BENCH_ROOT"]
STATICFILES_DIRS = [os.environ["BENCH_SOURCE"]]
STORAGES = dict(staticfiles=dict(BACKEND=os.environ["BENCH_STORAGE"]))
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
"""
# Compress each unique content once with WhiteNoise's compressor, on as many threads as there are cores.
COMPRESS = """\
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from whitenoise.compress import Compressor
compressor = Compressor(quiet=True)
paths = [path for path in Path(sys.argv[1]).rglob("*") if path.is_file() and compressor.should_compress(path.name)]
contents = sorted({path.read_bytes() for path in paths}, key=len, reverse=True)
def both(content):
    if content and len(compressor.compress_brotli(content)) <= 0.95 * len(content):
        compressor.compress_gzip(content)
with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
    list(executor.map(both, contents))
"""

type Pair = dict[str, Samples]


@dataclass
class Sources:
    """A folder of static files, and the folders to collect them into."""

    bench: Bench
    files: int
    kind: Literal["admin", "small"]
    use: str = "claims"

    @property
    def folder(self) -> Path:
        return self.bench.folder / f"collectstatic-{self.use}-{self.kind}-{self.files}"

    @property
    def source(self) -> Path:
        return self.folder / "source"

    def write(self) -> None:
        self.folder.mkdir()
        (self.folder / "bench_settings.py").write_text(SETTINGS, encoding="utf-8")
        if self.kind == "small":
            small(self.source, self.files)
        else:
            code = "import django.contrib.admin; print(*django.contrib.admin.__path__)"
            done = subprocess.run([self.bench.python, "-c", code], capture_output=True, text=True, check=True)
            admins(Path(done.stdout.strip(), "static", "admin"), self.source, self.files)

    def change(self) -> None:
        """Change ten files of all kinds."""
        files = sorted(path for path in self.source.rglob("*") if path.is_file())
        for path in files[5 :: self.files // CHANGED][:CHANGED]:
            comment(path, str(time.time_ns()))

    def collect(self, storage: str, root: str, *, first: bool = False) -> float:
        """Return the seconds of one run; the ``first`` run has a new folder and a new cache.

        The old folders are kept, because ext4 is slow while it still has to clean up deleted files.
        """
        target, cache = self.folder / root, self.folder / f"cache-{root}"
        if first and target.exists():
            target.rename(self.folder / f"{root}-{time.time_ns()}")
        if first and cache.exists():
            cache.rename(self.folder / f"{cache.name}-{time.time_ns()}")
        variables = self.bench.variables(
            PYTHONPATH=f"{self.folder}:{self.bench.site}",
            DJANGO_SETTINGS_MODULE="bench_settings",
            BENCH_ROOT=str(target),
            BENCH_SOURCE=str(self.source),
            BENCH_STORAGE=storage,
            WHITENOISE_EDGE_CACHE=str(cache),
            PYTHONDONTWRITEBYTECODE="",  # a deploy has bytecode
        )
        return self._seconds(["-m", "django", "collectstatic", "--no-input", "--verbosity", "0"], variables)

    def compress(self) -> float:
        """Return the seconds to compress each unique content once on all cores."""
        return self._seconds(["-c", COMPRESS, str(self.folder / "theirs")], self.bench.variables())

    def _seconds(self, arguments: list[str], variables: dict[str, str]) -> float:
        began = time.perf_counter()
        subprocess.run([str(self.bench.python), *arguments], cwd=self.folder, env=variables, check=True)
        return time.perf_counter() - began


def measure(bench: Bench) -> Section:
    """Measure the three claims, the same with small files, and the growth."""
    section = Section("collectstatic", "collectstatic", TEXT, bench.machine)
    few, many = (50, 100) if bench.quick else (1000, 5000)
    unchanged, first = _again_and_first(bench, "admin", few)
    section.claims = [
        _claim(f"collectstatic of {few:,} files, unchanged", unchanged, "WhiteNoise's storage", 15, speedup=True),
        _claim("the same, first run, empty cache", first, "compressing each content once", 1.25),
    ]
    if not bench.only_claims:
        _small_and_changed(bench, section, few, many)
    _growth(bench, section)
    return section


def _small_and_changed(bench: Bench, section: Section, few: int, many: int) -> None:
    """Measure a run after ten of many files have changed, and small files."""
    changed = _changed(bench, many)
    section.claims.append(_claim(f"collectstatic, {CHANGED} changed of {many:,}", changed, "Django copies all", 2))
    unchanged, first = _again_and_first(bench, "small", few)
    section.tables.append(
        Table(
            f"{few:,} small files",
            ("", "this template", "compared with", "ratio"),
            [
                _row("unchanged", unchanged, "WhiteNoise's storage"),
                _row("first run, empty cache", first, "compressing each content once"),
            ],
        )
    )


def _again_and_first(bench: Bench, kind: Literal["admin", "small"], files: int) -> tuple[Pair, Pair]:
    """Compare an unchanged run with WhiteNoise's, and a first run with compressing alone."""
    sources = Sources(bench, files, kind)
    sources.write()
    for storage, root in ((THEIRS, "theirs"), (OURS, "ours")):
        sources.collect(storage, root, first=True)
    subjects = {"ours": lambda: sources.collect(OURS, "ours"), "theirs": lambda: sources.collect(THEIRS, "theirs")}
    unchanged = alternating(subjects, min(bench.runs, 3), "s", warm_up=False)
    subjects = {"ours": lambda: sources.collect(OURS, "first", first=True), "compressing": sources.compress}
    return unchanged, alternating(subjects, min(bench.runs, 3), "s", warm_up=False)


def _changed(bench: Bench, files: int) -> Pair:
    """Measure a run after ten files have changed, and a plain copy of all files."""
    sources = Sources(bench, files, "admin")
    sources.write()
    sources.collect(OURS, "ours", first=True)

    def changed() -> float:
        sources.change()
        return sources.collect(OURS, "ours")

    return alternating(
        {"ours": changed, "copy": lambda: sources.collect(COPY, "copy", first=True)}, min(bench.runs, 3), "s"
    )


def _claim(what: str, samples: Pair, other_name: str, bound: float, *, speedup: bool = False) -> Claim:
    ours, other = samples.values()
    return Claim(what, ours, other, other_name, bound, "least" if speedup else "most", speedup)


def _row(what: str, samples: Pair, other_name: str) -> tuple[str, ...]:
    ours, other = samples.values()
    return what, str(ours), f"{other} ({other_name})", number(ours.median / other.median)


def _growth(bench: Bench, section: Section) -> None:
    """Measure the first and the second run of our storage for each number of files."""
    rows: list[tuple[str, ...]] = []
    points: dict[str, list[tuple[float, Samples]]] = {"first run, empty cache": [], "unchanged": []}
    for size in SIZES if bench.tables else SIZES[:2] if bench.quick else FEW_SIZES:
        sources = Sources(bench, size, "small", "growth")
        sources.write()
        first = Samples((sources.collect(OURS, "ours", first=True),), "s")
        runs = alternating({"unchanged": partial(sources.collect, OURS, "ours")}, min(bench.runs, 3), "s")
        points["first run, empty cache"].append((float(size), first))
        points["unchanged"].append((float(size), runs["unchanged"]))
        rows.append((f"{size:,}", str(first), str(runs["unchanged"])))
    (small, before), (large, after) = points["first run, empty cache"][-2:]
    per_file = Samples(tuple(value * small / large for value in after.values), "s")
    what = f"collectstatic, first run of {large:,.0f} files, for each {small:,.0f}"
    section.claims.append(Claim(what, per_file, before, f"of {small:,.0f} files", 1.25, "most"))
    exponents = " and ".join(f"{exponent(taken):.2f} ({label})" for label, taken in points.items())
    section.tables.append(Table(f"Growth: exponent {exponents}", ("files", *points), rows))
