"""`collectstatic` with the template's storage beside WhiteNoise's own: `uv run benchmarks/run.py --only collectstatic`.

Every time is that of a whole process, Django's start included. Both sides keep hashed files only, as the site does.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.bench import Bench
from harness.plots import Plot, line
from harness.samples import Samples, alternating
from harness.sections import Claim, Section, Table

OURS = "staticproof.storage.IncrementalStaticFilesStorage"
THEIRS = "whitenoise.storage.CompressedManifestStaticFilesStorage"
COPY = "django.contrib.staticfiles.storage.StaticFilesStorage"
SIZES = (100, 300, 1000, 3000, 10_000, 20_000)
CHANGED = 10
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


@dataclass
class Sources:
    """Static files of one size of site, and folders to collect them into."""

    bench: Bench
    files: int
    use: str

    @property
    def folder(self) -> Path:
        return self.bench.folder / f"collectstatic-{self.use}-{self.files}"

    @property
    def source(self) -> Path:
        return self.folder / "source"

    def write(self) -> None:
        """Three images to three stylesheets to four scripts, of the sizes of the admin's; always the same."""
        self.folder.mkdir()
        (self.folder / "bench_settings.py").write_text(SETTINGS, encoding="utf-8")
        words = random.Random(self.files)
        names = [words.randbytes(words.randint(2, 5)).hex() for _ in range(400)]
        for number in range(self.files):
            folder = self.source / f"d{number // 100}"
            folder.mkdir(parents=True, exist_ok=True)
            kind = number % 10
            text = " ".join(words.choices(names, k=400 if kind < 4 else 150))
            if kind < 4:
                (folder / f"s{number}.js").write_text(f"export const words = '{text}'\n", encoding="utf-8")
            elif kind < 7:
                image = f"i{number + 3}.svg" if number + 3 < self.files else ""
                rule = f'body {{ background: url("{image}") }}\n' if image else ""
                (folder / f"c{number}.css").write_text(f"{rule}/* {text} */\n", encoding="utf-8")
            else:
                (folder / f"i{number}.svg").write_text(f"<svg><text>{text}</text></svg>\n", encoding="utf-8")

    def change(self) -> None:
        """Change ten files of all kinds."""
        files = sorted(path for path in self.source.rglob("*") if path.is_file())
        for path in files[5 :: self.files // CHANGED][:CHANGED]:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"/* {time.time_ns()} */\n")

    def collect(self, storage: str, root: str, *, anew: bool = False) -> float:
        """Seconds of one run; `anew` is with an empty folder and an empty cache."""
        target, cache = self.folder / root, self.folder / f"cache-{root}"
        if anew:
            shutil.rmtree(target, ignore_errors=True)
            shutil.rmtree(cache, ignore_errors=True)
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
    """The three claims, and how both sides grow."""
    section = Section("collectstatic", "collectstatic", (__doc__ or "").partition("\n\n")[2].strip(), bench.machine)
    few = Sources(bench, 50 if bench.quick else 1000, "few")
    few.write()
    for storage, root in ((THEIRS, "theirs"), (OURS, "ours")):
        few.collect(storage, root, anew=True)
    unchanged = alternating(
        {"ours": lambda: few.collect(OURS, "ours"), "theirs": lambda: few.collect(THEIRS, "theirs")}, bench.runs, "s"
    )
    first = alternating(
        {"ours": lambda: few.collect(OURS, "first", anew=True), "compressing": few.compress}, bench.runs, "s"
    )
    many = Sources(bench, 100 if bench.quick else 5000, "many")
    many.write()
    many.collect(OURS, "ours", anew=True)

    def changed() -> float:
        many.change()
        return many.collect(OURS, "ours")

    some = alternating({"ours": changed, "copy": lambda: many.collect(COPY, "copy", anew=True)}, bench.runs, "s")
    section.claims = [
        _claim(f"collectstatic of {few.files:,} files, unchanged", unchanged, "WhiteNoise's storage", 15, speedup=True),
        _claim("the same, first run, empty cache", first, "compressing each content once", 1.25),
        _claim(f"collectstatic, {CHANGED} changed of {many.files:,}", some, "Django copies all", 2),
    ]
    _growth(bench, section)
    return section


def _claim(what: str, samples: dict[str, Samples], other_name: str, bound: float, *, speedup: bool = False) -> Claim:
    ours, other = samples.values()
    return Claim(what, ours, other, other_name, bound, "least" if speedup else "most", speedup)


def _growth(bench: Bench, section: Section) -> None:
    """First and second run of the template's storage over the number of files."""
    rows: list[tuple[str, ...]] = []
    points: dict[str, list[tuple[float, Samples]]] = {"first run, empty cache": [], "unchanged": []}
    for size in SIZES[:2] if bench.quick else SIZES:
        sources = Sources(bench, size, "growth")
        sources.write()
        first = Samples((sources.collect(OURS, "ours", anew=True),), "s")
        runs = alternating({"unchanged": partial(sources.collect, OURS, "ours")}, bench.runs, "s")
        points["first run, empty cache"].append((float(size), first))
        points["unchanged"].append((float(size), runs["unchanged"]))
        rows.append((f"{size:,}", str(first), str(runs["unchanged"])))
        shutil.rmtree(sources.folder)
    section.tables.append(Table("Growth", ("files", *points), rows))
    lines = [line(label, taken) for label, taken in points.items()]
    section.plots.append(Plot("collectstatic", "collectstatic: seconds by number of files", "static files", "s", lines))
