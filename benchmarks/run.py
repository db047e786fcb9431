"""Measure the performance of a generated site, compared with others on the same machine: `uv run benchmarks/run.py`.

    uv run benchmarks/run.py                      all parts: about half an hour on two cores
    uv run benchmarks/run.py --claims             the claims of the first six parts, in ten minutes; writes nothing
    uv run benchmarks/run.py --only nginx memory  some parts, each in under four minutes; the others keep their results
    uv run benchmarks/run.py --quick              each part once, on tiny sizes: shows that it runs, writes nothing
    uv run benchmarks/run.py --report             measure nothing, write results.md from the saved results

Each part writes results/<part>.json; results.md is written from all of them. wrk and nginx are Debian packages. Run the
benchmarks on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path

from harness.bench import Bench
from harness.machine import require
from harness.report import Section, claims_table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
REPORT = HERE / "results.md"
PARTS = (
    "static_requests",
    "nginx",
    "page_requests",
    "memory",
    "startup",
    "collectstatic",
    "generation",
    "proof",
    "checks",
)
CLAIMED = PARTS[:6]  # their claims are bounds that a release keeps
HEAD = """\
# Benchmarks: results

Written by `uv run benchmarks/run.py`. Each number is the median of runs that took turns, with the smallest and the
largest value in brackets. A ratio is that of the medians, with the smallest and the largest ratio of two neighbouring
runs in brackets."""


def main() -> int:
    arguments = _arguments()
    if not arguments.report:
        require("wrk", "nginx")
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        with folder as path:
            runs = 1 if arguments.quick else arguments.runs
            bench = Bench(Path(path), runs, arguments.quick, arguments.site, arguments.claims)
            sections = []
            for name in arguments.only or (CLAIMED if arguments.claims else PARTS):
                began = time.monotonic()
                section = measured(name, bench)
                sections.append(section)
                print(f"{section.markdown()}\n({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
                if not (arguments.quick or arguments.claims):
                    section.save(RESULTS)
            if arguments.claims:
                print(claims_table([claim for section in sections for claim in section.claims]))
                return 0 if all(claim.met for section in sections for claim in section.claims) else 1
    if arguments.quick:
        return 0
    REPORT.write_text(report(known()), encoding="utf-8")
    print(f"Written: {REPORT.relative_to(Path.cwd(), walk_up=True)}")
    return 0


def measured(name: str, bench: Bench) -> Section:
    """Run one part: the function `measure` of its module."""
    section: Section = importlib.import_module(name).measure(bench)
    return section


def known() -> list[Section]:
    """Return the saved results, in the order of the parts."""
    return [Section.load(RESULTS / f"{name}.json") for name in PARTS if (RESULTS / f"{name}.json").exists()]


def report(sections: list[Section]) -> str:
    """Return all claims in one table, then each section."""
    claims = [claim for section in sections for claim in section.claims]
    return "\n\n".join([HEAD, claims_table(claims), *(section.markdown().strip() for section in sections), ""])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=5, help="runs of each subject (5)")
    parser.add_argument("--quick", action="store_true", help="each part once, on tiny sizes; nothing is written")
    parser.add_argument("--claims", action="store_true", help="only the claims; exit code 1 if one is not met")
    parser.add_argument("--report", action="store_true", help="only write results.md from the saved results")
    parser.add_argument("--site", type=Path, help="measure a copy of this generated site")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
