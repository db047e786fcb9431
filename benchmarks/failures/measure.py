"""Write docs/static-failures.md: plant every failure of the catalogue into a generated site and run the tools.

uv run benchmarks/failures/measure.py                generate a site, then measure; takes some minutes
uv run benchmarks/failures/measure.py --site FOLDER  measure in a copy of this generated site
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from conftest import Site, copy_template, generate, run

from failures.planting import Workshop
from failures.table import DOCUMENT, OURS, Row, document, measured, titles
from failures.tools import Measurement

PACKAGES = ("Django", "WhiteNoise", "djLint")


def main() -> int:
    """Measure all rows and write the page; return 1 if `provestatic` did not find every failure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, help="a generated site with its environment and collected static files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="copies of the site to measure in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.site or Path(folder, "generated", "my-site")
        if not arguments.site:
            copy_template(Path(folder, "template"))
            generate(path.parent, template=Path(folder, "template"))
        site = Site(path.resolve(), "")
        free: queue.Queue[Measurement] = queue.Queue()
        for number in range(arguments.jobs):
            free.put(Measurement(Workshop(site, Path(folder, f"workshop-{number}"))))

        def measure(row: tuple[str, str]) -> Row:
            measurement = free.get()
            try:
                return measured(*row, measurement)
            finally:
                free.put(measurement)

        rows = []
        with ThreadPoolExecutor(arguments.jobs) as executor:
            for row in executor.map(measure, titles(site).items()):
                print(row, flush=True)
                rows.append(row)
        DOCUMENT.write_text(document(rows, versions(site)), encoding="utf-8")
    return int(any(row.cell(OURS) != "yes" for row in rows))


def versions(site: Site) -> str:
    """Return the versions of the measured packages, as installed in the site."""
    code = f"from importlib.metadata import version; print(*map(version, {PACKAGES}))"
    installed = run(site.python, "-c", code, cwd=site.path).stdout.split()
    return ", ".join(f"{name} {version}" for name, version in zip(PACKAGES, installed, strict=True))


if __name__ == "__main__":
    sys.exit(main())
