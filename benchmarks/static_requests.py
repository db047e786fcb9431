"""Requests per second for a static file: the generated site, a bare WSGI application, and the usual layout."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from harness.bench import WORKERS, Bench
from harness.load import PROXIED, load
from harness.report import Claim, Samples, Section, Table, alternating
from harness.serving import Server

CONNECTIONS = (1, 16, 256)
TYPICAL = 16
BROWSER = {**PROXIED, "Accept-Encoding": "gzip, deflate, br"}
OURS, HELLO, USUAL, CONFIGURED = "this template", "hello, world", "usual layout", "usual layout, our gunicorn.conf.py"
TEXT = f"""\
A stylesheet, requested by wrk with the headers of a browser behind an HTTPS proxy, over kept-alive connections where
the server allows them. Each subject has {WORKERS} processes. The bare WSGI application sends a body of the same size
with the same `gunicorn.conf.py` (worker `gthread`). The usual layout (`benchmarks/usual/`) runs with gunicorn's
defaults, and in the last column with our `gunicorn.conf.py`. The claims are for {TYPICAL} connections."""


def measure(bench: Bench) -> Section:
    """Measure requests per second in turns, for each number of connections."""
    path = bench.static_url("css/site.*.css")
    usual_path = bench.static_url("css/project.*.css", bench.usual_own / "staticfiles")
    with ExitStack() as servers:
        ours = servers.enter_context(bench.ours(path))
        size = len(ours.get(path, BROWSER)[2])
        subjects = {
            OURS: (ours, path),
            HELLO: (servers.enter_context(bench.hello(body_bytes=size)), path),
            USUAL: (servers.enter_context(bench.usual(usual_path)), usual_path),
            CONFIGURED: (servers.enter_context(bench.usual(usual_path, configured=True)), usual_path),
        }
        taken = {
            connections: _speeds(bench, subjects, connections)
            for connections in (CONNECTIONS if bench.tables else (TYPICAL,))
        }
    typical = taken[TYPICAL]
    rows = [(str(count), *(str(samples) for samples in by_subject.values())) for count, by_subject in taken.items()]
    return Section(
        name="static_requests",
        title="A static file",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim("static requests/s", typical[OURS], typical[HELLO], "a bare WSGI application", 0.85, "least"),
            Claim("static requests/s", typical[OURS], typical[USUAL], USUAL, 2, "least"),
        ],
        tables=[Table("By number of connections", ("connections", *subjects), rows)],
    )


def _speeds(bench: Bench, subjects: dict[str, tuple[Server, str]], connections: int) -> dict[str, Samples]:
    def speed(server: Server, path: str) -> float:
        return load(server.url(path), connections, bench.seconds, BROWSER).requests_per_second

    runs = bench.runs if connections == TYPICAL else min(bench.runs, 3)
    return alternating({name: partial(speed, *subject) for name, subject in subjects.items()}, runs, "requests/s")
