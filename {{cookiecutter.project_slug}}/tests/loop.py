"""A worker of gunicorn with its port and its clients, without gunicorn around it and without threads."""

import socket
from concurrent.futures import Future
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from gunicorn.config import Config  # type: ignore[import-untyped]


class Threads:
    """The pool of threads: the connections that it is given, it keeps."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def submit(self, function: Any, conn: Any) -> Future[Any]:
        self.given.append(conn)
        return Future()


class Loop:
    """The worker's loop, turned by hand."""

    def __init__(self, worker: Any, application: Any = None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.worker = worker(0, 0, [self.listener], None, 30, Config(), None)
        self.worker.wsgi = application
        self.worker.tpool = self.threads = Threads()
        self.worker.poller = DefaultSelector()
        queue = self.worker.method_queue
        queue.init()
        self.worker.poller.register(queue.fileno(), EVENT_READ, queue.run_callbacks)
        self.worker.set_accept_enabled(True)
        self.clients: list[socket.socket] = []

    def connect(self) -> socket.socket:
        self.clients.append(socket.create_connection(self.listener.getsockname()))
        return self.clients[-1]

    def turn(self) -> None:
        self.worker.wait_for_and_dispatch_events(0.2)

    def close(self) -> None:
        worker = self.worker
        for conn in {
            *self.threads.given,
            *worker.pending_conns,
            *worker.keepalived_conns,
            *getattr(worker, "sending", ()),
        }:
            conn.close()
        for client in [*self.clients, self.listener]:
            client.close()
        worker.share(-1)
        worker.poller.close()
        worker.method_queue.close()
        worker.tmp.close()
