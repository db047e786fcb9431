"""Real servers for the tests: the Procfile's web command, and Django's development server."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conftest import PRODUCTION, UNSET_VARIABLES, Site

HTTPS = {"X-Forwarded-Proto": "https", "Host": "localhost"}


def free_port() -> int:
    """Return a free port below the range of Linux's client ports: a client could take one of those at any time."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise OSError("No free port was found in 100 attempts.")


def get(
    port: int, path: str, headers: dict[str, str] = HTTPS, sender: str = "127.0.0.1"
) -> tuple[http.client.HTTPResponse, bytes]:
    """Request a path with GET. ``sender`` is the client's address; on Linux, all of 127.0.0.0/8 can be used."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(sender, 0))
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


@contextlib.contextmanager
def served(command: list[str], cwd: Path, log: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[Any]]:
    """Start a server, wait until it listens, and stop it and its children at the end."""
    inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
    environment = inherited | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"} | environment
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        for _ in range(1200):  # two minutes, for a busy machine
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()  # not kill(): a process manager must stop its children, which have their own sessions
        process.wait(60)


@contextlib.contextmanager
def procfile(site: Site, log: Path, **environment: str) -> Iterator[tuple[int, subprocess.Popen[Any]]]:
    """Run the Procfile's web command with a process manager, with production variables and on a free port."""
    port = free_port()
    path = os.pathsep.join([str(site.python.parent), os.environ["PATH"]])
    # Give honcho an empty file, because it would otherwise read .env, which is for development.
    command = [sys.executable, "-m", "honcho", "--env", os.devnull, "start", "web"]
    with served(command, site.path, log, port, **PRODUCTION | {"PORT": str(port), "PATH": path} | environment) as web:
        yield port, web


@contextlib.contextmanager
def runserver(site: Site, log: Path, cwd: Path | None = None, **environment: str) -> Iterator[int]:
    """Run Django's development server on a free port, with the variables of .env."""
    port = free_port()
    command = [str(site.python), "manage.py", "runserver", "--noreload", str(port)]
    with served(command, cwd or site.path, log, port, **environment):
        yield port
