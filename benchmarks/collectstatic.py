"""`collectstatic` with the template's storage beside WhiteNoise's own."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from harness.bench import Bench
from harness.plots import Plot, line
from harness.samples import Samples, alternating, exponent, number
from harness.sections import Claim, Section, Table
from harness.static_files import admins, comment, small

OURS = "staticproof.storage.IncrementalStaticFilesStorage"
THEIRS = "whitenoise.storage.CompressedManifestStaticFilesStorage"
COPY = "django.contrib.staticfiles.storage.StaticFilesStorage"
SIZES = (100, 300, 1000, 3000, 10_000, 20_000)
CHANGED = 10
TEXT = """\
Every time is that of a whole process, Django's start included. Both sides keep hashed files only, as the site does. The
files are those of Django's own admin, copied as often as it takes and made unique by a comment at the end of each.
Files of 1 to 4 kB are the worst case, because there is little in them to compress: they have a table of their own, and
the growth is measured with them. It is linear where the exponent, taken between the last two sizes, is 1."""
SETTINGS = """\
import os
INSTALLED_APPS = ["staticproof", "django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATIC_ROOT = os.environ["BENCH_ROOT"]
STATICFILES_DIRS = [os.environ["BENCH_SOURCE"]]
STORAGES = dict(staticfiles=dict(BACKEND=os.environ["BENCH_STORAGE"]))
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
"""
# Each content that WhiteNoise compresses once, by its own compressor, on as many threads as there are cores.
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
    """Static files of one size of site, and folders to collect them into."""

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

    def collect(self, storage: str, root: str, *, anew: bool = False) -> float:
        """Seconds of one run; `anew` is with a new folder and a new cache.

        The old ones stay: a file system (ext4) that steps over what was deleted in the last minutes would be measured.
        """
        target, cache = self.folder / root, self.folder / f"cache-{root}"
        if anew and target.exists():
            target.rename(self.folder / f"{root}-{time.time_ns()}")
        if anew and cache.exists():
            cache.rename(self.folder / f"{cache.name}-{time.time_ns()}")
        variables = self.bench.variables(
            PYTHONPATH=f"{self.folder}:{self.bench.site}",
            DJANGO_SETTINGS_MODULE="bench_settings",
            BENCH_ROOT=str(target),
            BENCH_SOURCE=str(self.source),
            BENCH_STORAGE=storage,
            STATICPROOF_CACHE=str(cache),
            PYTHONDONTWRITEBYTECODE="",  # nobody deploys without
        )
        return self._seconds(["-m", "django", "collectstatic", "--no-input", "--verbosity", "0"], variables)

    def compress(self) -> float:
        """Seconds to compress each unique content once on all cores, and do nothing else."""
        return self._seconds(["-c", COMPRESS, str(self.folder / "theirs")], self.bench.variables())

    def _seconds(self, arguments: list[str], variables: dict[str, str]) -> float:
        began = time.perf_counter()
        subprocess.run([str(self.bench.python), *arguments], cwd=self.folder, env=variables, check=True)
        return time.perf_counter() - began


def measure(bench: Bench) -> Section:
    """The three claims, the same of small files, and how both runs grow."""
    section = Section("collectstatic", "collectstatic", TEXT, bench.machine)
    few, many = (50, 100) if bench.quick else (1000, 5000)
    unchanged, first = _again_and_first(bench, "admin", few)
    section.claims = [
        _claim(f"collectstatic of {few:,} files, unchanged", unchanged, "WhiteNoise's storage", 15, speedup=True),
        _claim("the same, first run, empty cache", first, "compressing each content once", 1.25),
        _claim(f"collectstatic, {CHANGED} changed of {many:,}", _changed(bench, many), "Django copies all", 2),
    ]
    unchanged, first = _again_and_first(bench, "small", few)
    section.tables.append(
        Table(
            f"{few:,} small files",
            ("", "this template", "beside", "of it"),
            [
                _row("unchanged", unchanged, "WhiteNoise's storage"),
                _row("first run, empty cache", first, "compressing each content once"),
            ],
        )
    )
    _growth(bench, section)
    return section


def _again_and_first(bench: Bench, kind: Literal["admin", "small"], files: int) -> tuple[Pair, Pair]:
    """An unchanged run beside WhiteNoise's, and a first one beside nothing but compressing."""
    sources = Sources(bench, files, kind)
    sources.write()
    for storage, root in ((THEIRS, "theirs"), (OURS, "ours")):
        sources.collect(storage, root, anew=True)
    subjects = {"ours": lambda: sources.collect(OURS, "ours"), "theirs": lambda: sources.collect(THEIRS, "theirs")}
    unchanged = alternating(subjects, bench.runs, "s", warm_up=False)
    subjects = {"ours": lambda: sources.collect(OURS, "first", anew=True), "compressing": sources.compress}
    return unchanged, alternating(subjects, bench.runs, "s", warm_up=False)


def _changed(bench: Bench, files: int) -> Pair:
    """A run after ten files have changed, beside a plain copy of all."""
    sources = Sources(bench, files, "admin")
    sources.write()
    sources.collect(OURS, "ours", anew=True)

    def changed() -> float:
        sources.change()
        return sources.collect(OURS, "ours")

    return alternating({"ours": changed, "copy": lambda: sources.collect(COPY, "copy", anew=True)}, bench.runs, "s")


def _claim(what: str, samples: Pair, other_name: str, bound: float, *, speedup: bool = False) -> Claim:
    ours, other = samples.values()
    return Claim(what, ours, other, other_name, bound, "least" if speedup else "most", speedup)


def _row(what: str, samples: Pair, other_name: str) -> tuple[str, ...]:
    ours, other = samples.values()
    return what, str(ours), f"{other} ({other_name})", number(ours.median / other.median)


def _growth(bench: Bench, section: Section) -> None:
    """First and second run of the template's storage over the number of files."""
    rows: list[tuple[str, ...]] = []
    points: dict[str, list[tuple[float, Samples]]] = {"first run, empty cache": [], "unchanged": []}
    for size in SIZES[:2] if bench.quick else SIZES:
        sources = Sources(bench, size, "small", "growth")
        sources.write()
        first = Samples((sources.collect(OURS, "ours", anew=True),), "s")
        runs = alternating({"unchanged": partial(sources.collect, OURS, "ours")}, bench.runs, "s")
        points["first run, empty cache"].append((float(size), first))
        points["unchanged"].append((float(size), runs["unchanged"]))
        rows.append((f"{size:,}", str(first), str(runs["unchanged"])))
    exponents = " and ".join(f"{exponent(taken):.2f} ({label})" for label, taken in points.items())
    section.tables.append(Table(f"Growth: exponent {exponents}", ("files", *points), rows))
    lines = [line(label, taken) for label, taken in points.items()]
    section.plots.append(Plot("collectstatic", "collectstatic: seconds by number of files", "static files", "s", lines))
