"""A WSGI application that only sends a body of HELLO_BYTES bytes."""

import os
from collections.abc import Callable, Iterable

BODY = b"Hello, world!".ljust(int(os.environ.get("HELLO_BYTES", "13")))
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [BODY]
