"""Servers to measure: gunicorn with a given configuration, and nginx. Each has a port of its own and ends with it."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .load import PROXIED
from .machine import search_path

# Seconds that a server has to give its first answer, and to end.
PATIENCE = 60
# What a shell may hold of another site or another environment; and bytecode is wanted, where `environment` puts it.
FOREIGN = {"VIRTUAL_ENV", "PYENV_VERSION", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", "PORT", "WEB_CONCURRENCY"}
FOREIGN |= {"PYTHONDONTWRITEBYTECODE"}
NGINX = """\
daemon off;
master_process on;
worker_processes {processes};
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ worker_connections 1024; }}
http {{
  include {types};
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location {url} {{ alias {root}/; gzip_static on; add_header Cache-Control "max-age=315360000, public, immutable"; }}
  }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A server that answers. `first_answer` are the seconds from its start to its first answer."""

    port: int
    pid: int
    first_answer: float

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, headers: Mapping[str, str] = PROXIED) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        answer = response.status, dict(response.getheaders()), response.read()
        connection.close()
        return answer


def environment(bytecode: Path, **more: str) -> dict[str, str]:
    """The environment of a process to measure: bytecode is kept apart, so that no folder of a project is written to."""
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
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
    """Run gunicorn in a folder, whose gunicorn.conf.py it reads if there is one, until the block ends.

    Args:
        python: the interpreter of the environment that has gunicorn and the application.
        variables: the whole environment; see `environment`.
        path: the server is there when it answers this path,
        status: with this status.
    """
    port = free_port()
    command = [str(python), "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *options]
    with running(command, cwd, dict(variables) | {"PORT": str(port)}, port, path, status) as server:
        yield server


@contextlib.contextmanager
def nginx(root: Path, path: str, processes: int = 2, url: str = "/static/") -> Iterator[Server]:
    """Run nginx on a folder of collected files, ready-made `.gz` variants included; `path` has to be there."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # its workers may be another user
        types = next((place for place in ("/etc/nginx/mime.types",) if Path(place).exists()), "")
        text = NGINX.format(
            processes=processes,
            folder=folder,
            types=types,
            port=port,
            root=root,
            url=url,
            user="user root;" if os.geteuid() == 0 else "",
        )
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(text, encoding="utf-8")
        command = ["nginx", "-p", folder, "-c", str(configuration)]
        with running(command, Path(folder), dict(os.environ) | {"PATH": search_path()}, port, path) as server:
            yield server


@contextlib.contextmanager
def running(
    command: Sequence[str], cwd: Path, variables: Mapping[str, str], port: int, path: str = "/", status: int = 200
) -> Iterator[Server]:
    """Start a server, wait for its first answer, and end it with the block.

    Raises:
        RuntimeError: the server has ended, does not answer, or not with this status; with what it said.
    """
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env=variables, stdout=output, stderr=output)
        try:
            got = _first_status(process, port, path, began)
            server = Server(port, process.pid, time.monotonic() - began)
            if got != status:
                output.seek(0)
                raise RuntimeError(f"{command[0]} answered {path} with {got}, not {status}:\n{output.read()[-4000:]}")
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _first_status(process: subprocess.Popen[bytes], port: int, path: str, began: float) -> int | None:
    """The status of the first answer, or None."""
    while process.poll() is None and time.monotonic() - began < PATIENCE:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", path, headers=PROXIED)
            return connection.getresponse().status
        time.sleep(0.005)
    return None
