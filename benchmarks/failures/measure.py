"""Write docs/static-failures.md: plant every failure of the catalogue into a generated site and run the tools.

uv run benchmarks/failures/measure.py                generate a site, then measure; takes some minutes
uv run benchmarks/failures/measure.py --site FOLDER  measure in a copy of this generated site
uv run benchmarks/failures/measure.py --only T7 S2   measure these rows; the others keep their results
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
from failures.table import DOCUMENT, document, measured, titles, written
from failures.tools import Measurement

PACKAGES = ("Django", "WhiteNoise", "djLint")


def main() -> int:
    """Measure all rows and write the page; return 1 if `provestatic` did not find every failure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, help="a generated site with its environment and collected static files")
    parser.add_argument("--only", nargs="+", metavar="ROW", help="rows to measure; by default all")
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

        kept = written() if arguments.only else {}

        def measure(row: tuple[str, str]) -> str:
            if arguments.only and row[0] not in arguments.only:
                return kept[row[0]]
            measurement = free.get()
            try:
                line = str(measured(*row, measurement))
            finally:
                free.put(measurement)
            print(line, flush=True)
            return line

        with ThreadPoolExecutor(arguments.jobs) as executor:
            rows = list(executor.map(measure, titles(site).items()))
        DOCUMENT.write_text(document(rows, versions(site)), encoding="utf-8")
    return int(any(row.split(" | ")[3] != "yes" for row in rows))


def versions(site: Site) -> str:
    """Return the versions of the measured packages, as installed in the site."""
    code = f"from importlib.metadata import version; print(*map(version, {PACKAGES}))"
    installed = run(site.python, "-c", code, cwd=site.path).stdout.split()
    return ", ".join(f"{name} {version}" for name, version in zip(PACKAGES, installed, strict=True))


if __name__ == "__main__":
    sys.exit(main())
