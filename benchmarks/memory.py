"""Memory of two workers, in use and while many visitors sign in at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from harness.bench import WORKERS, Bench
from harness.load import load
from harness.machine import megabytes
from harness.report import Claim, Samples, Section, Table, alternating
from harness.serving import Server
from production.visitor import Visitor

CLIENTS = 16
MEGABYTES_PER_HASH = 20
OURS, USUAL = "this template", "usual layout"
TEXT = f"""\
The proportional set size of gunicorn's first process and its {WORKERS} workers, from `/proc/*/smaps_rollup`: a page of
memory that several processes share counts once. It is read after all workers have answered the home page and the
sign-in page. Then {CLIENTS} clients sign in at once with wrong passwords, each with names and addresses of its own; the
growth is the largest value of this time minus the value before it. Each worker computes a limited number of hashes at
once."""


def measure(bench: Bench) -> Section:
    """Measure megabytes, in each run on a server that has just been started."""
    subjects = {OURS: partial(_in_use, bench.ours), USUAL: partial(_in_use, bench.usual)}
    taken = alternating(subjects, bench.runs, "MB", warm_up=False)
    cap = WORKERS * _hashes_at_once(bench.site)
    storm = alternating({"growth": partial(_storm, bench)}, min(bench.runs, 3), "MB", warm_up=False)["growth"]
    allowed = Samples(tuple(float(cap * MEGABYTES_PER_HASH) for _ in storm.values), "MB")
    return Section(
        name="memory",
        title="Memory",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim("memory of two workers", taken[OURS], taken[USUAL], USUAL, 0.7, "most"),
            Claim(f"growth, {CLIENTS} sign-ins at once", storm, allowed, f"20 MB for each of {cap} hashes", 1, "most"),
        ],
        tables=[Table("", ("layout", "memory"), [(name, str(samples)) for name, samples in taken.items()])],
    )


def _in_use(server: Callable[[], AbstractContextManager[Server]]) -> float:
    with server() as running:
        _use(running)
        return megabytes(running.pid)


def _use(server: Server) -> None:
    for path in ("/", "/accounts/login/"):
        load(server.url(path), connections=16, seconds=1)


def _storm(bench: Bench) -> float:
    """Return the growth of memory while many clients sign in at once."""
    seconds = 1 if bench.quick else 6
    with bench.ours() as server:
        _use(server)
        before = largest = megabytes(server.pid)
        ended = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as clients:
            attempts = [clients.submit(_attempts, server.port, number, ended) for number in range(CLIENTS)]
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                largest = max(largest, megabytes(server.pid))
                time.sleep(0.05)
            ended.set()
            for attempt in attempts:
                attempt.result()  # raises what went wrong
    return largest - before


def _attempts(port: int, client: int, ended: threading.Event) -> None:
    """Sign in again and again, at least once, each time as another user from another address."""
    visitor, count = Visitor(port), 0
    page = visitor.get("/accounts/login/").text
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    while not (count and ended.is_set()):
        fields = {"csrfmiddlewaretoken": token, "username": f"visitor-{client}-{count}", "password": "wrong password"}
        address = f"10.{client}.{count // 250}.{count % 250 + 1}"
        form = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        answer = visitor.send("POST", "/accounts/login/", *form, {"X-Forwarded-For": address})
        if answer.status != 200:
            raise RuntimeError(f"a sign-in with a wrong password is answered with {answer.status}")
        count += 1


def _hashes_at_once(site: Path) -> int:
    """Return the number of hashes that one worker computes at once, from the site's code."""
    for line in (site / "accounts" / "hashers.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("HASHES_AT_ONCE = "):
            return int(line.removeprefix("HASHES_AT_ONCE = ").split()[0])
    raise RuntimeError("accounts/hashers.py no longer has HASHES_AT_ONCE")
