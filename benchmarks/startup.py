"""Seconds from the start of gunicorn to its first answer: the generated site and the site of `startproject`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from harness.bench import Bench
from harness.report import Claim, Section, alternating
from harness.serving import Server

TEXT = """\
Seconds from the start of gunicorn to the first answer at `/`, with bytecode that was compiled before. Bare Django is
the site of `django-admin startproject` with `DEBUG` off and the same values in `gunicorn.conf.py`; it has no page, so
its first answer is a 404."""


def measure(bench: Bench) -> Section:
    """Measure seconds in turns; the first round compiles the bytecode and is not counted."""
    subjects = {"ours": partial(_first_answer, bench.ours), "bare": partial(_first_answer, bench.bare)}
    taken = alternating(subjects, bench.runs, "s")
    return Section(
        name="startup",
        title="Start",
        text=TEXT,
        machine=bench.machine,
        claims=[Claim("start to first answer", taken["ours"], taken["bare"], "bare Django", 1.5, "most")],
    )


def _first_answer(server: Callable[[], AbstractContextManager[Server]]) -> float:
    with server() as running:
        return running.first_answer
