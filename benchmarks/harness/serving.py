"""Run gunicorn for a measurement, on a port of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from servers import free_port

from .load import PROXIED

TIMEOUT = 60  # seconds for the first answer of a server, and for its end
# Variables of a shell that belong to another site or environment; bytecode is wanted, see `environment`.
UNSET_VARIABLES = {"VIRTUAL_ENV", "PYENV_VERSION", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", "PORT", "WEB_CONCURRENCY"}
UNSET_VARIABLES |= {"PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Server:
    """A running server. ``first_answer`` is the number of seconds from its start to its first answer."""

    port: int
    pid: int
    first_answer: float

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, headers: Mapping[str, str] = PROXIED) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        answer = response.status, dict(response.getheaders()), response.read()
        connection.close()
        return answer


def environment(bytecode: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process to measure; its bytecode goes to a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
    return inherited | {"PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONUTF8": "1"} | more


@contextlib.contextmanager
def gunicorn(
    python: Path,
    application: str,
    cwd: Path,
    variables: Mapping[str, str],
    options: Sequence[str] = (),
    path: str = "/",
    status: int = 200,
) -> Iterator[Server]:
    """Run gunicorn in a folder, with the gunicorn.conf.py of this folder if there is one, and wait for its first
    answer.

    Args:
        python: the interpreter of the environment that has gunicorn and the application.
        variables: the complete environment; see `environment`.
        path: the path of the first request.
        status: the expected status of its answer.

    Raises:
        RuntimeError: the server has ended, does not answer, or answers with another status; with its output.
    """
    port = free_port()
    command = [str(python), "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *options]
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env={**variables, "PORT": str(port)}, stdout=output, stderr=output)
        try:
            got = _first_status(process, port, path, began)
            server = Server(port, process.pid, time.monotonic() - began)
            if got != status:
                output.seek(0)
                raise RuntimeError(f"{application} answered {path} with {got}, not {status}:\n{output.read()[-4000:]}")
            yield server
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def _first_status(process: subprocess.Popen[bytes], port: int, path: str, began: float) -> int | None:
    while process.poll() is None and time.monotonic() - began < TIMEOUT:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
            connection.request("GET", path, headers=PROXIED)
            return connection.getresponse().status
        time.sleep(0.005)
    return None
