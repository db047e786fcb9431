"""Seconds of a generation with its proof, compared with rendering and `uv sync` alone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from harness.bench import Bench, generate, uv
from harness.report import Claim, Section, alternating
from harness.serving import UNSET_VARIABLES

TEXT = """\
`cookiecutter . --no-input`, from the command to the prompt: rendering, installing, collecting, proving. It is compared
with the minimum for any template: the same rendering with `--accept-hooks no`, then `uv sync`. uv has all packages in
its cache. The first row is the first site on a machine, when no static file was compressed before; the second row is
the next site, which reuses the compressed files."""
LEAST = "rendering and uv sync"


def measure(bench: Bench) -> Section:
    """Measure seconds in turns, each in a folder of its own."""
    cache = subprocess.run([uv(), "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    taken = alternating(
        {
            "first": partial(_generated, bench, cache, None),
            "next": partial(_generated, bench, cache, bench.folder / "warm-cache"),
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
            Claim("generation with its proof", taken["first"], taken["least"], LEAST, 2.5, "most"),
            Claim("generation of the next site", taken["next"], taken["least"], LEAST, 2.5, "most"),
        ],
    )


def _generated(bench: Bench, cache: str, own_cache: Path | None) -> float:
    """Return the seconds of a complete generation; without ``own_cache``, our packages start with an empty cache."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        variables = {"UV_CACHE_DIR": cache, "XDG_CACHE_HOME": str(own_cache or Path(folder) / "cache")}
        began = time.monotonic()
        done = generate(Path(folder) / "sites", template=bench.template, PYTHONDONTWRITEBYTECODE="", **variables)
        seconds = time.monotonic() - began
        if "Proven, as production serves it" not in done.stdout:
            raise RuntimeError(f"the generated site is not proven:\n{done.stdout}{done.stderr}")
        return seconds


def _rendered_and_installed(bench: Bench, cache: str) -> float:
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        environment = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
        began = time.monotonic()
        rendered = generate(Path(folder) / "sites", "--accept-hooks", "no", template=bench.template)
        site = Path(folder) / "sites" / "my-site"
        if not site.is_dir():
            raise RuntimeError(f"the site was not rendered:\n{rendered.stdout}{rendered.stderr}")
        subprocess.run([uv(), "sync", "--quiet"], cwd=site, env=environment | {"UV_CACHE_DIR": cache}, check=True)
        return time.monotonic() - began
