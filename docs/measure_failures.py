"""Write static-failures.md: plant every failure of the catalogue into a generated site, and ask the tools.

uv run docs/measure_failures.py                generates a site, then measures; takes some minutes
uv run docs/measure_failures.py --site FOLDER  measures in a copy of this generated site
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conftest import Site, generate, run
from staticproof.planting import Workshop
from staticproof.table import DOCUMENT, document, measured, titles
from staticproof.tools import Measurement

PACKAGES = ("Django", "WhiteNoise", "djLint")


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, help="a generated site with its environment and collected static files")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.site or Path(folder, "generated", "my-site")
        if not arguments.site:
            generate(path.parent)
        workshop = Workshop(Site(path.resolve(), ""), Path(folder))
        measurement = Measurement(workshop)
        rows = []
        for row, title in titles(workshop.site).items():
            rows.append(measured(row, title, measurement))
            print(rows[-1], flush=True)
        DOCUMENT.write_text(document(rows, versions(workshop.site)), encoding="utf-8")


def versions(site: Site) -> str:
    """The versions of what was measured, as the site has installed them."""
    code = f"from importlib.metadata import version; print(*map(version, {PACKAGES}))"
    installed = run(site.python, "-c", code, cwd=site.path).stdout.split()
    return ", ".join(f"{name} {version}" for name, version in zip(PACKAGES, installed, strict=True))


if __name__ == "__main__":
    main()
