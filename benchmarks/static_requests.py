"""A static file under load: the edge beside a bare WSGI application, the usual layout and nginx."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from harness.bench import WORKERS, Bench
from harness.load import PROXIED, load
from harness.plots import Plot, line
from harness.samples import Samples, alternating
from harness.sections import Claim, Section, Table
from harness.serving import Server, nginx

CONNECTIONS = (1, 4, 16, 64, 256)
TYPICAL = 16
# As browsers ask; nginx without Brotli answers with gzip.
BROWSER = {**PROXIED, "Accept-Encoding": "gzip, deflate, br"}
TEXT = f"""\
The site's stylesheet as a browser asks for it, by wrk over connections that stay open if the server lets them, behind
what says HTTPS. {WORKERS} processes answer on each side. The bare application sends a body of the same size under the
same `gunicorn.conf.py` and does nothing else: as every application, it is asked in a thread, while the template's
worker answers for a file in memory by itself. The usual layout (`benchmarks/usual/`) runs by gunicorn's defaults. The
claims are for {TYPICAL} connections."""
OURS, BARE, USUAL, NGINX = "this template", "hello, world", "usual layout", "nginx"


def measure(bench: Bench) -> Section:
    """Requests a second, in turn, for each number of connections."""
    root = bench.site / "staticfiles"
    path = f"/static/{next(root.glob('css/site.*.css')).relative_to(root).as_posix()}"
    with ExitStack() as servers:
        ours = servers.enter_context(bench.ours(path))
        size = len(ours.get(path, BROWSER)[2])
        subjects = {
            OURS: ours,
            BARE: servers.enter_context(bench.hello(body_bytes=size)),
            USUAL: servers.enter_context(bench.usual(path)),
            NGINX: servers.enter_context(nginx(root, path, WORKERS)),
        }
        taken = {
            connections: _speeds(bench, subjects, path, connections)
            for connections in ((TYPICAL,) if bench.quick else CONNECTIONS)
        }
    typical = taken[TYPICAL]
    rows = [(str(count), *(str(samples) for samples in by_subject.values())) for count, by_subject in taken.items()]
    lines = [line(name, [(count, by_subject[name]) for count, by_subject in taken.items()]) for name in subjects]
    return Section(
        name="static_requests",
        title="A static file",
        text=TEXT,
        machine=bench.machine,
        claims=[
            Claim("static requests/s", typical[OURS], typical[BARE], "a bare WSGI application", bound=0.85, at="least"),
            Claim("static requests/s", typical[OURS], typical[USUAL], USUAL, bound=4, at="least"),
        ],
        tables=[Table("By number of connections", ("connections", *subjects), rows)],
        plots=[Plot("static_requests", "A static file: requests in a second", "connections", "requests/s", lines)],
    )


def _speeds(bench: Bench, subjects: dict[str, Server], path: str, connections: int) -> dict[str, Samples]:
    def speed(server: Server) -> float:
        return load(server.url(path), connections, bench.seconds, BROWSER).requests_per_second

    runs = bench.runs if connections == TYPICAL else min(bench.runs, 3)
    return alternating({name: partial(speed, server) for name, server in subjects.items()}, runs, "requests/s")
