"""Send a WSGI application requests as a server would."""

import io
import sys
from typing import Any
from wsgiref.util import FileWrapper

from whitenoise_edge.learning import Application

Answer = tuple[str, list[tuple[str, str]], bytes]


def ask(
    application: Application,
    path: str,
    method: str = "GET",
    scheme: str = "https",
    SCRIPT_NAME: str = "",
    **headers: str,
) -> Answer:
    """Return status line, headers and body of the answer. Headers are given as `accept_encoding="br"`."""
    started: list[Any] = []

    def start_response(status: str, sent: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [status, sent]

    headers = {"host": "testserver", **headers}
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": SCRIPT_NAME,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    body: Any = application(environ, start_response)
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return started[0], started[1], content if method != "HEAD" else b""


def lines(headers: list[tuple[str, str]], *without: str) -> dict[str, str]:
    """Return headers by their lower-case names, without some of them."""
    return {name.lower(): value for name, value in headers if name.lower() not in without}
