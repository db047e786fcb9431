"""The home page under load: the generated site beside the usual layout, with few connections and with many."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from harness.bench import Bench
from harness.load import load
from harness.plots import Plot, line
from harness.samples import Samples, alternating
from harness.sections import Claim, Section, Table
from harness.serving import Server

CONNECTIONS = (1, 4, 16, 64, 256)
TYPICAL = 16
TEXT = f"""\
The home page of an anonymous visitor, asked by wrk over connections that stay open if the server lets them, behind
what says HTTPS. Two processes answer on both sides: the generated site by its own `gunicorn.conf.py`, the usual layout
(`benchmarks/usual/`) by gunicorn's defaults; the last column is the usual layout without the apps that other templates
bring and this page has no use for. The claim is for {TYPICAL} connections."""
OURS, USUAL, FEWER = "this template", "usual layout", "usual layout, fewer apps"


def measure(bench: Bench) -> Section:
    """Requests a second, in turn, for each number of connections."""
    with ExitStack() as servers:
        subjects = {
            OURS: servers.enter_context(bench.ours()),
            USUAL: servers.enter_context(bench.usual()),
            FEWER: servers.enter_context(bench.usual(apps=False)),
        }
        _same_page(subjects)
        taken = {
            connections: _speeds(bench, subjects, connections)
            for connections in (CONNECTIONS[::4] if bench.quick else CONNECTIONS)
        }
    typical = taken.get(TYPICAL) or next(iter(taken.values()))
    rows = [(str(count), *(str(samples) for samples in by_subject.values())) for count, by_subject in taken.items()]
    lines = [line(name, [(count, by_subject[name]) for count, by_subject in taken.items()]) for name in subjects]
    title = "Home page: requests in a second"
    return Section(
        name="home",
        title="The home page",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim(
                "home page, requests/s",
                typical["this template"],
                typical["usual layout"],
                "usual layout",
                bound=1.3,
                at="least",
            )
        ],
        tables=[Table("By number of connections", ("connections", *subjects), rows)],
        plots=[Plot("home", title, "connections", "requests/s", lines, logarithmic_y=False)],
    )


def _speeds(bench: Bench, subjects: dict[str, Server], connections: int) -> dict[str, Samples]:
    def speed(server: Server) -> float:
        return load(server.url("/"), connections, bench.seconds).requests_per_second

    runs = bench.runs if connections == TYPICAL else min(bench.runs, 3)
    return alternating({name: partial(speed, server) for name, server in subjects.items()}, runs, "requests/s")


def _same_page(subjects: dict[str, Server]) -> None:
    """Refuse to compare two pages that differ by more than a nonce here and there."""
    sizes = {name: len(server.get("/")[2]) for name, server in subjects.items()}
    if max(sizes.values()) > 1.05 * min(sizes.values()):
        raise RuntimeError(f"The two home pages are not the same page, in bytes: {sizes}")
