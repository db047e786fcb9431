"""A real gunicorn, started from the site's own `gunicorn.conf.py` and ended cleanly."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings

from ..project import base_dir
from ..rehearsal import VARIABLE, NotRunError
from .collect import Collection
from .isolation import connections

GRACE = 30  # seconds to stop in; what Heroku and Kubernetes grant after SIGTERM


class ServerError(NotRunError):
    """gunicorn did not start; the message has its last words."""


@contextmanager
def gunicorn(collection: Collection) -> Iterator[tuple[str, int]]:
    """Run the site under gunicorn on a free port of this machine; yields its address.

    The settings are those of the running rehearsal, with the collection's STATIC_ROOT and storage. The server inherits
    the listening socket, so no other process can take the port in between, and requests wait until it is up.

    Raises:
        ServerError: when there is no gunicorn.conf.py, or the server does not start.
    """
    if not hasattr(os, "fork"):
        raise ServerError("--server needs gunicorn, which does not run on this system.")
    configuration = base_dir() / "gunicorn.conf.py"
    if not configuration.is_file():
        raise ServerError(f"--server needs {configuration.name} next to manage.py.")
    module, _, application = (settings.WSGI_APPLICATION or "").rpartition(".")
    rehearsal = json.loads(os.environ[VARIABLE]) | {
        "static_root": str(collection.root),
        "storage": collection.storage,
    }
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile() as output:
        address = listener.getsockname()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--config", str(configuration)),
                *("--bind", f"fd://{listener.fileno()}", f"{module}:{application}"),
            ],
            cwd=base_dir(),
            env=os.environ | {VARIABLE: json.dumps(rehearsal), "PORT": str(address[1])},
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        listener.close()  # from here on the port is gunicorn's alone: when it ends, requests fail at once
        try:
            _wait(address, process, output)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(address: tuple[str, int], process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    """Return when the server answers."""
    try:
        with connections.own(), socket.create_connection(address, timeout=GRACE) as connection:
            connection.sendall(b"GET /staticproof/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answered = bool(connection.recv(16))
    except OSError:
        answered = False
    if not answered or process.poll() is not None:
        raise ServerError(f"gunicorn does not start: {_last_words(output) or 'it gives no answer and no reason'}")


def _last_words(output: IO[bytes]) -> str:
    """The last line that the server wrote outside its log; of a traceback that is the exception."""
    output.seek(0)
    lines = [line.strip() for line in output.read().decode("utf-8", "replace").splitlines()]
    told = [line for line in lines if line and not line.startswith("[")]
    return (told or lines or [""])[-1]
