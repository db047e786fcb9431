"""Memory of two workers and what started them: the generated site beside the usual layout."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from harness.bench import WORKERS, Bench
from harness.load import load
from harness.memory import megabytes
from harness.samples import alternating
from harness.sections import Claim, Section, Table
from harness.serving import Server

TEXT = f"""\
The proportional set size of gunicorn's first process and {WORKERS} workers, from `/proc/*/smaps_rollup`: memory that
several processes share counts once. Read after each worker has answered the home page and the page to sign in. The
table has the usual layout once more, without the apps that other templates bring and these pages have no use for."""
OURS, USUAL, FEWER = "this template", "usual layout", "usual layout, fewer apps"


def measure(bench: Bench) -> Section:
    """Megabytes, each run on a server that has just been started."""
    taken = alternating(
        {
            OURS: partial(_after_use, bench.ours),
            USUAL: partial(_after_use, bench.usual),
            FEWER: partial(_after_use, partial(bench.usual, apps=False)),
        },
        bench.runs,
        "MB",
        warm_up=False,
    )
    return Section(
        name="memory",
        title="Memory",
        text=TEXT,
        machine=bench.machine,
        claims=[Claim("memory of two workers", taken[OURS], taken[USUAL], USUAL, bound=0.7, at="most")],
        tables=[Table("", ("layout", "memory"), [(name, str(samples)) for name, samples in taken.items()])],
    )


def _after_use(server: Callable[[], AbstractContextManager[Server]]) -> float:
    with server() as running:
        for path in ("/", "/accounts/login/"):
            load(running.url(path), connections=16, seconds=1)
        return megabytes(running.pid)
