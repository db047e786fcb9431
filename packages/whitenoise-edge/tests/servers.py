"""Start the tiny site with real WSGI servers, and talk to them."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
GUNICORN = ["-m", "gunicorn", "tests.site.wsgi", "--bind=127.0.0.1:0", "--no-control-socket", "--graceful-timeout=1"]
CODE = (
    "import sys, {0}; server = {0}.{1}; print('http://127.0.0.1:%s' % {2}, file=sys.stderr, flush=True); server.{3}()"
)
APP = "__import__('tests.site.wsgi').site.wsgi.application"
COMMANDS = {
    "gunicorn gthread": [
        *GUNICORN,
        "--worker-class=gthread",
        "--threads=4",
        "--workers=2",
        "--preload",
        "--keep-alive=75",
    ],
    "gunicorn sync": [*GUNICORN, "--worker-class=sync", "--workers=2"],
    "waitress": ["-c", CODE.format("waitress", f"create_server({APP}, port=0)", "server.effective_port", "run")],
    "wsgiref": [
        "-c",
        CODE.format(
            "wsgiref.simple_server", f"make_server('127.0.0.1', 0, {APP})", "server.server_port", "serve_forever"
        ),
    ],
}
Answer = tuple[int, dict[str, str], bytes]


def variables(**more: str) -> dict[str, str]:
    """Return the environment for a process of the site."""
    return {**os.environ, "PYTHONPATH": str(PACKAGE), "DJANGO_SETTINGS_MODULE": "tests.site.settings", **more}


@contextlib.contextmanager
def serve(name: str, root: Path, log: Path, **more: str) -> Iterator[int]:
    """Run the site with one of COMMANDS during the block, and yield its port. ``root`` is STATIC_ROOT."""
    with log.open("wb") as output:
        command = [sys.executable, *COMMANDS[name]]
        process = subprocess.Popen(
            command, cwd=PACKAGE, env=variables(SITE_STATIC_ROOT=str(root), **more), stderr=output
        )
    try:
        yield _port(process, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # on a busy machine
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:([0-9]+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(f"The server does not start: {log.read_text()}")


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    """Send a request over a new connection. Headers are given as `accept_encoding="br"`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return ask_over(connection, path, method, **headers)
    finally:
        connection.close()


def ask_over(connection: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> Answer:
    """Send a request over a connection that may stay open."""
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
