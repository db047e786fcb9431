"""gunicorn's worker, which answers for static files in memory without a thread.

With a thread that takes the request, and WSGI in between, such an answer takes between two and three times as long, and
there is nothing to wait for. So the loop that sees the request come answers it, and sends more whenever the network
takes more. All else goes gunicorn's way: what its parser refuses, bodies, HTTP/1.0, a connection that is to be closed,
a file on the disk, a redirect to HTTPS. What is answered here does not count towards `max_requests`, and is not told to
gunicorn's log of requests and its hooks `pre_request` and `post_request`.
"""

import re
import socket
import time
from collections import deque
from collections.abc import Sequence
from functools import lru_cache, partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn import SERVER  # type: ignore[import-untyped]
from gunicorn.http import get_parser  # type: ignore[import-untyped]
from gunicorn.util import http_date, is_hoppish  # type: ignore[import-untyped]
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER  # type: ignore[import-untyped]

from config.worker import SILENCE
from config.worker import Worker as PatientWorker

from .application import Edge
from .static_file import Answer

type Parts = Sequence[bytes | memoryview]  # of an answer: its head and its body

# A file by its plain name: what is encoded (`%`) is for WSGI to decode.
REQUEST = re.compile(rb"(?:GET|HEAD) (/[^ ?#%\r\n]+)")
END = b"\r\n\r\n"
# Who sends these has a body, or wants to hear something before it sends one.
OF_A_BODY = frozenset({"CONTENT-LENGTH", "TRANSFER-ENCODING", "EXPECT"})


class Worker(PatientWorker):
    """``worker_class`` of gunicorn, for an application that is an `Edge`: others it serves as its parent does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sending: deque[Any] = deque()  # connections whose clients read slowly, the one that waits longest first

    def enqueue_req(self, conn: Any) -> None:
        try:
            parts = self.answer(conn)
        except OSError:  # the client has left
            self.let_go(conn)
            return
        if parts is None:
            super().enqueue_req(conn)
        else:
            self.send(conn, parts)

    def answer(self, conn: Any) -> Parts | None:
        """Take the request off the connection and return what to send; None leaves both to gunicorn.

        Raises:
            OSError: the connection is broken.
        """
        edge = self.wsgi
        if not isinstance(edge, Edge) or (conn.parser and conn.parser.unreader.buf.getvalue()):
            return None
        if not self.alive or not self.cfg.keepalive or len(self.keepalived_conns) >= self.max_keepalived:
            return None  # the connection ends with this answer, which has to say so
        data = self.peek(conn) or b""
        found = REQUEST.match(data)
        if not found or data.find(END) != len(data) - len(END) or not edge.has(found[1].decode("latin-1")):
            return None
        try:
            parts = _answered(edge, next(get_parser(self.cfg, iter([data]), conn.client)))
        except Exception:  # noqa: BLE001 - gunicorn will find the same, and has an answer to it
            return None
        if parts is not None:
            conn.sock.recv(len(data))
            self.wait_no_longer(conn)
        return parts

    def send(self, conn: Any, parts: Parts) -> None:
        """Send what the network takes at once, and the rest when it takes more."""
        try:
            sent = conn.sock.sendmsg(parts, (), socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError:  # the client has left
            self.let_go(conn)
            return
        rest = _after(parts, sent)
        if not rest:
            self.keep(conn)
            return
        conn.timeout = time.monotonic() + SILENCE
        self.sending.append(conn)
        self.poller.register(conn.sock, EVENT_WRITE, partial(self.on_writable, conn, rest))

    def on_writable(self, conn: Any, rest: Parts, client: Any) -> None:
        self.poller.unregister(client)
        self.sending.remove(conn)
        self.send(conn, rest)

    def murder_pending(self) -> None:
        """Close connections that have been waited for long enough: gunicorn asks for this at each turn."""
        super().murder_pending()
        while self.sending and self.sending[0].timeout <= time.monotonic():
            conn = self.sending.popleft()
            self.poller.unregister(conn.sock)
            self.let_go(conn)

    def keep(self, conn: Any) -> None:
        """Wait for the connection's next request."""
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))

    def let_go(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()


def _answered(edge: Edge, request: Any) -> Parts | None:
    """The whole answer to a request, byte for byte as gunicorn would send it; None for what is not answered here."""
    headers = dict(request.headers)
    if len(headers) < len(request.headers) or not OF_A_BODY.isdisjoint(headers):
        return None
    if request.version != (1, 1) or request.should_close():
        return None
    file = edge.file(request.scheme, request.path)
    environ = {f"HTTP_{name.replace('-', '_')}": value for name, value in headers.items()}
    answer = file and file.answer(request.method, environ)
    return (_head(answer), answer.body) if answer and answer.body is not None else None


def _head(answer: Answer) -> bytes:
    own = (("Server", SERVER), ("Date", _date(int(time.time()))), ("Connection", "keep-alive"))
    headers = (*own, *(header for header in answer.headers if not is_hoppish(header[0])))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {answer.status}\r\n{lines}\r\n".encode("latin-1")


def _after(parts: Parts, sent: int) -> Parts:
    """What is left when so many bytes have been sent: views, for the body of a file is shared by all who get it."""
    rest = []
    for part in parts:
        if sent < len(part):
            rest.append(memoryview(part)[sent:])
        sent = max(sent - len(part), 0)
    return rest


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return str(http_date(second))
