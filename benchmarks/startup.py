"""From the start of gunicorn to its first answer: the generated site beside what `startproject` makes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from harness.bench import Bench
from harness.samples import alternating
from harness.sections import Claim, Section
from harness.serving import Server

TEXT = """\
Seconds from starting gunicorn to the first answer at `/`, with bytecode compiled before. Beside it, a site just made by
`django-admin startproject`, with `DEBUG` off, under the same `gunicorn.conf.py`, but for the part of the worker that
knows static files; its first answer is a 404, for it has no page."""


def measure(bench: Bench) -> Section:
    """Seconds, in turn; the first round compiles and is not counted."""
    taken = alternating(
        {"ours": partial(_first_answer, bench.ours), "bare": partial(_first_answer, bench.bare)}, bench.runs, "s"
    )
    return Section(
        name="startup",
        title="Start",
        text=TEXT,
        machine=bench.machine,
        claims=[Claim("start to first answer", taken["ours"], taken["bare"], "bare Django", bound=1.5, at="most")],
    )


def _first_answer(server: Callable[[], AbstractContextManager[Server]]) -> float:
    with server() as running:
        return running.first_answer
