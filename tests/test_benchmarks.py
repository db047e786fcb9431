"""The benchmarks run, and they compute and report their numbers correctly. No test asserts a time."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Site, run
from harness.load import Load, LoadError, parsed
from harness.machine import megabytes
from harness.report import Claim, Samples, Section, Table, alternating, exponent

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


# --- Measuring ------------------------------------------------------------------------------------------------------


def test_the_report_of_wrk_is_read_in_seconds() -> None:
    assert parsed(WRK) == Load(7440.12, 7452, latency_median=0.00085, latency_99=1.25)


@pytest.mark.parametrize(
    "error", ["Non-2xx or 3xx responses: 12", "Socket errors: connect 0, read 3, write 0, timeout 0"]
)
def test_a_wrong_answer_is_an_error(error: str) -> None:
    with pytest.raises(LoadError, match=error):
        parsed(WRK.replace("Requests/sec", f"  {error}\nRequests/sec"))


def test_a_report_without_requests_is_an_error() -> None:
    with pytest.raises(LoadError, match="no requests"):
        parsed("unable to connect")


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux has /proc/*/smaps_rollup")
def test_memory_includes_all_descendants_of_a_process() -> None:
    child = "block = b'x' * 50_000_000; print(1, flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 50 < megabytes(process.pid) < 150
        process.communicate(b"\n")
    assert megabytes(os.getpid()) > 1


def test_subjects_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def subject(name: str) -> float:
        order.append(name)
        return len(order)

    taken = alternating({"a": lambda: subject("a"), "b": lambda: subject("b")}, 2, "s")
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert taken == {"a": Samples((3, 5), "s"), "b": Samples((4, 6), "s")}


# --- Reporting ------------------------------------------------------------------------------------------------------


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


def test_the_exponent_of_linear_growth_is_1() -> None:
    assert exponent([(5, Samples((9,), "s")), (10, Samples((1,), "s")), (100, Samples((10,), "s"))]) == pytest.approx(1)


def test_a_section_is_saved_loaded_and_shown(tmp_path: Path) -> None:
    claim = Claim("start", Samples((1, 2, 3), "s"), Samples((2, 2, 2), "s"), "bare", 1.5, "most")
    section = Section("part", "A part", "Text.", "a machine", [claim], [Table("Size", ("files", "ours"), [("1", "2")])])
    section.save(tmp_path)
    loaded = Section.load(tmp_path / "part.json").markdown()
    assert loaded == section.markdown()
    assert "| start | 2.00 (1.00 to 3.00) s | 2.00 (2.00 to 2.00) s (bare) |" in loaded


# --- Running --------------------------------------------------------------------------------------------------------


def test_every_part_is_listed() -> None:
    modules = {
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
    assert sorted(parts) == sorted(modules)


@pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk: apt-get install wrk")
@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="needs nginx: apt-get install nginx")
def test_the_benchmarks_run_against_real_servers(site: Site, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in BENCHMARKS.rglob("*") if path.is_file()}
    done = run(
        sys.executable, BENCHMARKS / "run.py", "--quick", "--only", "startup", "page_requests", "--site", site.path,
        cwd=tmp_path, TMPDIR=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| start to first answer |" in done.stdout
    assert "| sign-in page, requests/s |" in done.stdout
    assert {path: path.read_bytes() for path in BENCHMARKS.rglob("*") if path.is_file()} == before
