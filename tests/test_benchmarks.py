"""The benchmarks run, read their tools rightly and tell what they have seen. No test asserts a time."""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT, Site, run
from harness.load import Load, LoadError, parsed
from harness.memory import family, megabytes
from harness.plots import Line, Plot, drawn
from harness.samples import Samples, alternating
from harness.sections import Claim, Section, Table

BENCHMARKS = ROOT / "benchmarks"
WRK = """\
Running 1s test @ http://127.0.0.1:8000/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.14ms  410.00us   9.01ms   91.20%
    Req/Sec     7.45k   310.10     8.10k    80.00%
  Latency Distribution
     50%  850.00us
     75%    2.20ms
     90%    2.50ms
     99%    1.25s
  7452 requests in 1.00s, 1.20MB read
Requests/sec:   7440.12
Transfer/sec:      1.20MB
"""


# --- Reading --------------------------------------------------------------------------------------------------------


def test_the_numbers_of_wrk_are_read_in_seconds() -> None:
    assert parsed(WRK) == Load(7440.12, 7452, latency_median=0.00085, latency_99=1.25)


@pytest.mark.parametrize(
    "trouble", ["Non-2xx or 3xx responses: 12", "Socket errors: connect 0, read 3, write 0, timeout 0"]
)
def test_a_wrong_answer_is_no_speed(trouble: str) -> None:
    with pytest.raises(LoadError, match=trouble):
        parsed(WRK.replace("Requests/sec", f"  {trouble}\nRequests/sec"))


def test_a_report_without_requests_is_an_error() -> None:
    with pytest.raises(LoadError, match="no requests"):
        parsed("unable to connect")


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux has /proc/*/smaps_rollup")
def test_memory_counts_all_processes_of_a_server() -> None:
    import multiprocessing
    import os

    before = megabytes(os.getpid())
    block = b"x" * 50_000_000
    assert megabytes(os.getpid()) - before == pytest.approx(50, abs=5)
    assert len(block) == 50_000_000
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    assert process.pid in family(os.getpid())
    process.join()


# --- Telling --------------------------------------------------------------------------------------------------------


def test_subjects_take_turns_and_the_first_round_does_not_count() -> None:
    seen: list[str] = []

    def subject(name: str) -> float:
        seen.append(name)
        return len(seen)

    taken = alternating({"a": lambda: subject("a"), "b": lambda: subject("b")}, 2, "s")
    assert seen == ["a", "b", "a", "b", "a", "b"]
    assert taken == {"a": Samples((3, 5), "s"), "b": Samples((4, 6), "s")}


@pytest.mark.parametrize(
    ("at", "bound", "speedup", "ratio", "met"),
    [
        ("least", 1.9, False, 2, True),
        ("least", 2.1, False, 2, False),
        ("most", 2.1, False, 2, True),
        ("most", 1.9, False, 2, False),
        ("least", 0.4, True, 0.5, True),
        ("least", 0.6, True, 0.5, False),
    ],
)
def test_a_claim_is_met_or_not(at: str, bound: float, speedup: bool, ratio: float, met: bool) -> None:
    ours, other = Samples((90, 100, 120), "s"), Samples((50, 50, 40), "s")
    claim = Claim("what", ours, other, "other", bound, at, speedup)  # type: ignore[arg-type]
    assert (claim.ratio, claim.met) == (ratio, met)
    assert claim.spread == ((40 / 120, 50 / 90) if speedup else (90 / 50, 120 / 40))


def section() -> Section:
    plot = Plot("growth", "Growth <of> it", "files", "s", [Line("ours", [(100, 2, 1, 3), (20_000, 40, 30, 50)])])
    claim = Claim("start", Samples((1, 2, 3), "s"), Samples((2, 2, 2), "s"), "bare", 1.5, "most")
    table = Table("By size", ("files", "ours"), [("100", "2 s")])
    return Section("part", "A part", "Text.", "a machine", [claim], [table], [plot])


def test_what_is_saved_is_what_is_told_later(tmp_path: Path) -> None:
    section().save(tmp_path)
    again = Section.load(tmp_path / "part.json")
    assert again.markdown("results") == section().markdown("results")
    assert "| start | 2.00 (1.00 to 3.00) s | 2.00 (2.00 to 2.00) s (bare) |" in again.markdown("results")
    assert "![Growth <of> it](results/growth.svg)" in again.markdown("results")
    assert (tmp_path / "growth.svg").is_file()


def test_a_plot_is_well_formed_the_same_each_time_and_readable_in_the_dark() -> None:
    [plot] = section().plots
    svg = drawn(plot)
    assert svg == drawn(plot)
    assert ElementTree.fromstring(svg).find("{*}title") is not None
    assert "prefers-color-scheme: dark" in svg
    circles = ElementTree.fromstring(svg).findall("{*}circle")
    xs = [float(circle.attrib["cx"]) for circle in circles if circle.attrib["r"] == "3"]
    assert xs == sorted(xs)
    assert all(0 < x < 720 for x in xs)


# --- Running --------------------------------------------------------------------------------------------------------


def test_every_part_is_named_and_every_name_is_a_part() -> None:
    measuring = {
        path.stem
        for path in BENCHMARKS.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "measure"
    }
    [parts] = [
        ast.literal_eval(node.value)
        for node in ast.parse((BENCHMARKS / "run.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PARTS"
    ]
    assert sorted(parts) == sorted(measuring)


@pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk: apt-get install wrk")
@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="needs nginx: apt-get install nginx")
def test_the_benchmarks_run_against_real_servers(site: Site, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in BENCHMARKS.rglob("*") if path.is_file()}
    parts = ["startup", "static_requests"]
    done = run(
        sys.executable, BENCHMARKS / "run.py", "--quick", "--only", *parts, "--site", site.path,
        cwd=tmp_path, TMPDIR=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| start to first answer |" in done.stdout
    assert "usual layout" in done.stdout
    assert {path: path.read_bytes() for path in BENCHMARKS.rglob("*") if path.is_file()} == before
