"""Every number of the README's table, measured side by side on this machine: `uv run benchmarks/run.py`.

    uv run benchmarks/run.py                     all parts: less than half an hour on two cores
    uv run benchmarks/run.py --only home memory  these parts; what is known of the others stays
    uv run benchmarks/run.py --quick             everything once, on tiny sizes: shows that it runs, and writes nothing
    uv run benchmarks/run.py --report            measure nothing, write results.md from what is known

Each part writes its numbers to results/<part>.json and its plots beside them; results.md is made of all of them.
wrk and nginx come from Debian's packages. Run it on a machine that does nothing else.
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
from harness.sections import Section, claims_table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
REPORT = HERE / "results.md"
PARTS = ("static_requests", "home", "memory", "startup", "collectstatic", "generation", "proof", "checks")
HEAD = """\
# What it costs

Written by `uv run benchmarks/run.py`. Medians of runs that took turns; in brackets the smallest and the largest value.
A ratio is that of the medians; in its brackets, the smallest and the largest of two runs next to each other."""


def main() -> int:
    arguments = _arguments()
    if not arguments.report:
        require("wrk", "nginx")
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        with folder as path:
            bench = Bench(Path(path), 1 if arguments.quick else arguments.runs, arguments.quick, arguments.site)
            for name in arguments.only or PARTS:
                began = time.monotonic()
                section = measured(name, bench)
                print(f"{section.markdown('results')}\n({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
                if not arguments.quick:
                    section.save(RESULTS)
    if arguments.quick:
        return 0
    REPORT.write_text(report(known()), encoding="utf-8")
    print(f"Written: {REPORT.relative_to(Path.cwd(), walk_up=True)}")
    return 0


def measured(name: str, bench: Bench) -> Section:
    """Run one part: the function `measure` of the module of this name."""
    section: Section = importlib.import_module(name).measure(bench)
    return section


def known() -> list[Section]:
    """What earlier runs have saved, in the order of the parts."""
    return [Section.load(RESULTS / f"{name}.json") for name in PARTS if (RESULTS / f"{name}.json").exists()]


def report(sections: list[Section]) -> str:
    """All claims in one table, then each section by itself."""
    claims = [claim for section in sections for claim in section.claims]
    return "\n\n".join([HEAD, claims_table(claims), *(section.markdown("results").strip() for section in sections), ""])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=5, help="how often each subject has its turn (5)")
    parser.add_argument("--quick", action="store_true", help="everything once, on tiny sizes; nothing is written")
    parser.add_argument("--report", action="store_true", help="write results.md from the saved numbers")
    parser.add_argument("--site", type=Path, help="take a copy of this generated site instead of generating one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
