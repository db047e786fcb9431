"""gunicorn's worker with threads, for visitors who send slowly and for routers that learn late.

gunicorn gives a connection to a thread as soon as it is there, and the thread waits for the request: as many silent or
slow clients as there are threads, and the site stands still. Here a request waits beside the threads until its head and
the first part of its body have come.

Told to stop, gunicorn takes no connection more but leaves its port open until its last request has ended: whoever has
connected meanwhile is cut off. Here connections are taken until none comes any more, and then the port is closed.

And the process that wakes up first takes all connections that come at once, which then stay with it: a proxy's, say,
while the other processes have nothing to do. Here each sees how many the others have. Who has more than another leaves
the next one to it, and who has far more, as when the other has just begun, lets some go with their next answer.
"""

import mmap
import re
import select
import socket
import struct
import time
from array import array
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker  # type: ignore[import-untyped]

PATIENCE = 20.0  # seconds for the head of a request and the first part of its body, all together
SILENCE = 10  # seconds in which the rest of a body, or the reading of an answer, may stand still
REST = 0.001  # seconds until who has more connections than another looks whether that one has taken the next
UNEVEN = 4  # connections: who has more than another by over so many, and by over a half, lets some go
GRANTED = 0.005  # seconds that it is left to the other: one at work may need them
QUIET = 0.5  # seconds without a connection, after which a router has surely learned that this server stops
LONGEST = 3.0  # seconds for it to learn; platforms grant 30 for the whole stop
FIRST_PART = 32_768  # bytes; every usual form is smaller, and the kernel keeps that much for a connection

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*(\r\n|$)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(\r\n|$)", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]*(;[^\r]*)?\r?\n?")


def ready(data: bytes) -> bool:
    """Whether a thread can go to work on what has come of a request: without waiting, or to refuse it."""
    end = data.find(b"\r\n\r\n", 2 if data.startswith(b"\r\n") else 0)
    if end < 0:
        # A line that ends in another way is refused; there is nothing to wait for.
        return len(data) >= FIRST_PART or data.count(b"\n") != data.count(b"\r\n")
    head, body = data[:end], data[end + 4 :]
    if EXPECT.search(head):
        return True  # the client waits for the thread's word before it sends the body
    if CHUNKED.search(head):
        whole = body.startswith(b"0") or b"\r\n0" in body or not CHUNK_SIZE.match(body).end()  # type: ignore[union-attr]
        return bool(body) and (whole or len(data) >= FIRST_PART)
    length = LENGTH.search(head)
    return length is None or len(data) >= min(end + 4 + int(length[1]), FIRST_PART)


# How many connections each process has, -1 for none there: shared memory, made before the processes are. A process has
# the place of its number, which counts up.
PLACES = 64
shares = memoryview(mmap.mmap(-1, PLACES * struct.calcsize("i"))).cast("i")
shares[:] = array("i", [-1] * PLACES)


class Worker(ThreadWorker):  # type: ignore[misc]
    """The parent of `edge.worker.Worker`, which gunicorn.conf.py names."""

    asked_to_stop = 0.0  # when, on the monotonic clock
    last_accept = 0.0

    def share(self, connections: int) -> None:
        """Tell the other processes how many connections this one has; -1 for one that takes no more.

        gunicorn.conf.py says so of a process that has ended, however it did.
        """
        shares[self.age % PLACES] = connections if self.alive and not self.asked_to_stop else -1

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread, or wait for more of its request: gunicorn asks for this at each new sign."""
        come = self.peek(conn)
        before = conn.parser.unreader.buf.getvalue() if conn.parser else b""  # what came with the last request
        at_end = come is not None and len(come) == getattr(conn, "come", 0)  # a sign, but no more bytes
        if at_end or ready(before + (come or b"")):
            self.hand_over(conn)
        else:
            self.wait_for_more(conn, len(come or b""))

    def peek(self, conn: Any) -> bytes | None:
        """What has come and was not yet read; None for nothing yet, empty for a connection that is at its end."""
        if self.cfg.is_ssl:
            return b""  # what has come is not the request yet
        try:
            return bytes(conn.sock.recv(FIRST_PART, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return None
        except OSError:
            return b""  # it is broken, which the thread will notice

    def hand_over(self, conn: Any) -> None:
        self.wait_no_longer(conn)
        if not conn.initialized:  # its first request
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                conn.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SILENCE, 0))
        conn.data_ready = True
        super().enqueue_req(conn)

    def wait_for_more(self, conn: Any, come: int) -> None:
        conn.give_up_at = conn.timeout = getattr(conn, "give_up_at", None) or time.monotonic() + PATIENCE
        if time.monotonic() > conn.give_up_at:
            self.nr_conns -= 1
            conn.close()
            return
        conn.come = come
        conn.sock.setblocking(False)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, come + 1)  # no sign for what has been seen
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def wait_no_longer(self, conn: Any) -> None:
        if getattr(conn, "come", 0):
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        conn.come, conn.give_up_at = 0, None

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Told to stop (SIGTERM): go on for now, but have every answer say that the connection ends with it."""
        if not self.asked_to_stop:
            self.asked_to_stop = time.monotonic()
            self.max_keepalived = 0
            self.method_queue.defer(lambda: None)  # wakes the loop

    def accept(self, listener: Any) -> None:
        self.last_accept = time.monotonic()
        super().accept(listener)
        self.share(self.nr_conns)
        if self.alive and self.rests():
            self.set_accept_enabled(False)

    def rests(self) -> bool:
        """Whether the next connection is another process's to take."""
        return self.nr_conns > self.fewest() and time.monotonic() < self.last_accept + GRANTED

    def fewest(self) -> int:
        """How many connections the process has that has the fewest."""
        return min((share for share in shares if share >= 0), default=self.nr_conns)

    def has_far_more(self) -> bool:
        fewest = self.fewest()
        return bool(self.nr_conns > fewest + max(UNEVEN, fewest // 2))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if self.asked_to_stop:
            timeout = min(timeout, QUIET)
        if not self._accepting and self.nr_conns < self.worker_connections:  # it rests
            timeout = min(timeout, REST)
        super().wait_for_and_dispatch_events(timeout)
        self.share(self.nr_conns)
        if not self.asked_to_stop:  # with 0, every answer says that its connection ends
            self.max_keepalived = 0 if self.has_far_more() else self.worker_connections - self.cfg.threads
        now = time.monotonic()
        if self.asked_to_stop and now - max(self.asked_to_stop, self.last_accept) >= QUIET:
            self.alive = False
        if self.asked_to_stop and now - self.asked_to_stop >= LONGEST:
            self.alive = False

    def set_accept_enabled(self, enabled: bool) -> None:
        """On the way out, take what has connected already and close the port."""
        self.share(self.nr_conns)  # from the first time on, when it begins
        super().set_accept_enabled(enabled and not self.rests())
        if self.alive or enabled:
            return
        for listener in self.sockets:
            while self.nr_conns < self.worker_connections and select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """On the way out, do not wait for requests that may never come: browsers open connections in advance."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
