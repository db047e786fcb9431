"""Compare gunicorn's workers: `uv run benchmarks/workers.py` writes the table of docs/workers.md.

    uv run benchmarks/workers.py --site my-site   measure a copy of this generated site
    uv run benchmarks/workers.py --quick          each measurement once; prints the table and writes nothing

All serve the generated site without a proxy, with two processes and its gunicorn.conf.py. Run it on a machine that does
nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from harness.bench import Bench, uv
from harness.load import PROXIED, load
from harness.machine import megabytes, require
from harness.report import Samples, markdown_table, number
from harness.serving import Server, gunicorn

PAGE = Path(__file__).resolve().parent.parent / "docs" / "workers.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
GEVENT = "gevent==26.9.0"
CLIENTS = 100  # that send a form byte by byte
VISITS, PATIENCE = 10, 5  # visits of the home page meanwhile, and the seconds after which a visitor leaves
PAUSE = 0.5  # seconds between two bytes
# With this cookie, Django reads the body to look for the token.
HEAD = """\
POST /accounts/login/ HTTP/1.1\r
Host: localhost\r
X-Forwarded-Proto: https\r
Origin: https://localhost\r
Cookie: __Host-csrftoken={token}\r
Content-Type: application/x-www-form-urlencoded\r
Content-Length: 1000\r
\r
username="""
WORKERS = {
    "`gthread`": ("config.wsgi", ()),
    "`gevent`": ("config.wsgi", ("--worker-class", "gevent")),
    "`asgi`": ("config.asgi", ("--worker-class", "asgi")),
}


@dataclass
class Result:
    """The measurements of one worker, in several runs. ``answered`` are visits of the home page, in seconds."""

    home: list[float] = field(default_factory=list)
    static: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    memory_slow: list[float] = field(default_factory=list)
    visits: int = 0
    answered: list[float] = field(default_factory=list)

    def row(self, name: str) -> tuple[str, ...]:
        waits = f", {number(median(self.answered))} s" if self.answered else ""
        figures = [Samples(tuple(values), "") for values in (self.home, self.static, self.memory, self.memory_slow)]
        return name, *map(str, figures), f"{len(self.answered)} of {self.visits}{waits}"


def main() -> None:
    arguments = _arguments()
    require("wrk")
    results = {name: Result() for name in WORKERS}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder), 1 if arguments.quick else 3, arguments.quick, arguments.site)
        for _ in range(bench.runs):
            for name, result in results.items():
                with _server(bench, name) as server:
                    _measure(bench, server, result)
        machine = bench.machine
    columns = [
        *("worker", "home page, requests/s", "static file, requests/s", "memory, MB"),
        *(f"memory with {CLIENTS} slow bodies, MB", f"other visitors answered within {PATIENCE} s, and when"),
    ]
    table = markdown_table(columns, [result.row(name) for name, result in results.items()])
    print(f"{table}\n\nMeasured on {machine}.")
    if not arguments.quick:
        text = f"{BEGIN}\n\n{table}\n\nMeasured on {machine}.\n\n{END}"
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: text, page, flags=re.DOTALL), encoding="utf-8")


def _server(bench: Bench, name: str) -> AbstractContextManager[Server]:
    application, options = WORKERS[name]
    packages = bench.folder / "gevent"
    if "gevent" in options and not packages.exists():
        command = f"{uv()} pip install --quiet {GEVENT} --python {bench.python} --target {packages}"
        subprocess.run(command.split(), check=True)
    variables = bench.variables(PYTHONPATH=str(packages))
    return gunicorn(bench.python, application, bench.site, variables, options)


def _measure(bench: Bench, server: Server, result: Result) -> None:
    static = bench.static_url("css/site.*.css")
    for path, rates in (("/", result.home), (static, result.static)):
        load(server.url(path), seconds=1)  # warms up
        rates.append(load(server.url(path), seconds=bench.seconds).requests_per_second)
    result.memory.append(megabytes(server.pid))
    with _slow_bodies(server):
        for _ in range(VISITS):
            result.visits += 1
            with contextlib.suppress(OSError, http.client.HTTPException):
                result.answered.append(_visit(server))
        result.memory_slow.append(megabytes(server.pid))


@contextlib.contextmanager
def _slow_bodies(server: Server) -> Iterator[None]:
    """Let many clients send a form byte by byte during the block."""
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(CLIENTS):
            connections.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port))))
            connections[-1].sendall(HEAD.format(token="a" * 32).encode())

        def send() -> None:
            while not ended.wait(PAUSE):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"a")

        sender = threading.Thread(target=send)
        sender.start()
        try:
            time.sleep(2 * PAUSE)
            yield
        finally:
            ended.set()
            sender.join()


def _visit(server: Server) -> float:
    """Return the seconds until a visitor has the home page. Raise OSError if there is no answer."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers=PROXIED)
        response = connection.getresponse()
        if response.status != 200 or not response.read():
            raise RuntimeError(f"the home page is answered with {response.status}")
    return time.monotonic() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="each measurement once; nothing is written")
    parser.add_argument("--site", type=Path, help="measure a copy of this generated site")
    return parser.parse_args()


if __name__ == "__main__":
    main()
