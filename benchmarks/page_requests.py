"""Requests per second for the home page and the sign-in page, compared with the usual layout."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from harness.bench import Bench
from harness.load import load
from harness.report import Claim, Samples, Section, Table, alternating
from harness.serving import Server

CONNECTIONS = (1, 16, 256)
TYPICAL = 16
OURS, USUAL, SAME = "this template", "usual layout", "usual layout, our page"
SIGN_IN = "/accounts/login/"
TEXT = f"""\
The pages of an anonymous visitor, requested by wrk with the headers of an HTTPS proxy, over kept-alive connections
where the server allows them. Each subject has two processes: the generated site with its `gunicorn.conf.py`, the usual
layout (`benchmarks/usual/`, with the pages and settings of cookiecutter-django) with gunicorn's defaults. The last
column is the home page of the generated site inside the usual layout. The claims are for {TYPICAL} connections."""


def measure(bench: Bench) -> Section:
    """Measure requests per second in turns, for each number of connections."""
    with ExitStack() as servers:
        ours, usual = servers.enter_context(bench.ours()), servers.enter_context(bench.usual())
        same = servers.enter_context(bench.usual(pages="site"))
        _check_same_page(ours, same)
        homes = {OURS: (ours, "/"), USUAL: (usual, "/"), SAME: (same, "/")}
        home = {count: _speeds(bench, homes, count) for count in (CONNECTIONS if bench.tables else (TYPICAL,))}
        sign_in = _speeds(bench, {OURS: (ours, SIGN_IN), USUAL: (usual, SIGN_IN)}, TYPICAL)
    typical = home[TYPICAL]
    rows = [(str(count), *(str(samples) for samples in by_subject.values())) for count, by_subject in home.items()]
    return Section(
        name="page_requests",
        title="Pages",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim("home page, requests/s", typical[OURS], typical[USUAL], USUAL, 0.8, "least"),
            Claim("home page, requests/s", typical[OURS], typical[SAME], SAME, 1, "least"),
            Claim("sign-in page, requests/s", sign_in[OURS], sign_in[USUAL], USUAL, 1.5, "least"),
        ],
        tables=[Table("The home page, by number of connections", ("connections", *homes), rows)],
    )


def _speeds(bench: Bench, subjects: dict[str, tuple[Server, str]], connections: int) -> dict[str, Samples]:
    def speed(server: Server, path: str) -> float:
        return load(server.url(path), connections, bench.seconds).requests_per_second

    runs = bench.runs if connections == TYPICAL else min(bench.runs, 3)
    return alternating({name: partial(speed, *subject) for name, subject in subjects.items()}, runs, "requests/s")


def _check_same_page(ours: Server, same: Server) -> None:
    """Raise RuntimeError if the two pages differ by more than some nonces."""
    sizes = [len(server.get("/")[2]) for server in (ours, same)]
    if max(sizes) > 1.05 * min(sizes):
        raise RuntimeError(f"the home pages are not the same page: {sizes} bytes")
