"""Generation, proof included, beside cookiecutter's own rendering and `uv sync` alone; uv's cache is warm."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from harness.bench import Bench, generate, uv
from harness.samples import alternating
from harness.sections import Claim, Section
from harness.serving import FOREIGN

TEXT = """\
`cookiecutter . --no-input`, from the command to the prompt: rendering, installing, collecting, proving. Beside it the
least that any template has to do: the same rendering with `--accept-hooks no`, and `uv sync` in the result. uv has
every package in its cache. The first line is the first site on a machine, whose static files nobody has compressed
before; the second is the next site, which finds them compressed."""


def measure(bench: Bench) -> Section:
    """Seconds, in turn, each in a folder of its own."""
    cache = subprocess.run([uv(), "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    warm = bench.folder / "warm-cache"
    taken = alternating(
        {
            "first": partial(_generated, bench, cache, None),
            "next": partial(_generated, bench, cache, warm),
            "least": partial(_rendered_and_installed, bench, cache),
        },
        bench.runs,
        "s",
    )
    return Section(
        name="generation",
        title="Generation",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim("generation with its proof", taken["first"], taken["least"], _LEAST, bound=2.5, at="most"),
            Claim("generation of the next site", taken["next"], taken["least"], _LEAST, bound=2.5, at="most"),
        ],
    )


_LEAST = "rendering and uv sync"


def _generated(bench: Bench, cache: str, own_cache: Path | None) -> float:
    """Seconds of a whole generation; without a cache folder, what staticproof remembers begins empty."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        own = own_cache or Path(folder) / "cache"
        began = time.monotonic()
        done = generate(Path(folder) / "sites", UV_CACHE_DIR=cache, XDG_CACHE_HOME=str(own), PYTHONDONTWRITEBYTECODE="")
        seconds = time.monotonic() - began
        if "Proven, as production serves it" not in done.stdout:
            raise RuntimeError(f"The generated site is not proven:\n{done.stdout}{done.stderr}")
        return seconds


def _rendered_and_installed(bench: Bench, cache: str) -> float:
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        began = time.monotonic()
        rendered = generate(Path(folder) / "sites", "--accept-hooks", "no")
        site = Path(folder) / "sites" / "my-site"
        if not site.is_dir():
            raise RuntimeError(f"The site was not rendered:\n{rendered.stdout}{rendered.stderr}")
        subprocess.run([uv(), "sync", "--quiet"], cwd=site, env=environment | {"UV_CACHE_DIR": cache}, check=True)
        return time.monotonic() - began
