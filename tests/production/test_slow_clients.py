"""Visitors who send or read slowly, by intent or on a bad line: nobody else waits for them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Site

from production.hostile import SECURE
from production.load import running, until
from production.sites import Production, production

MANY = 40  # clients, five times as many as there are threads
KINDS = ("static", "live", "home", "titles", "add")
ENOUGH = 5  # answers of each kind
LINE = b"GET / HTTP/1.1\r\n"
FORM = b"POST /accounts/login/ HTTP/1.1\r\n" + SECURE + b"Content-Type: application/x-www-form-urlencoded\r\n"
# What each has sent when it falls silent, or goes on byte by byte.
BEGINNINGS = {
    "nothing": b"",
    "half a line": LINE[:8],
    "half a head": LINE + SECURE,
    "half a head, after a whole request": LINE + SECURE + b"\r\n" + LINE,
    "half a form": FORM + b"Content-Length: 1000\r\n\r\nusername=",
    "half a form of a size unknown": FORM + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\nusername=",
}


@pytest.fixture(scope="module")
def server(owned: Site, tmp_path_factory: pytest.TempPathFactory, sqlite: Callable[..., str]) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("slow")
    with production(owned, folder, DATABASE_URL=sqlite(folder)) as running:
        yield running


@contextlib.contextmanager
def clients(port: int, beginning: bytes, then: bytes) -> Iterator[None]:
    """Many that send the beginning, and then one byte after another."""
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)) for _ in range(MANY)
        ]
        for connection in connections:
            connection.sendall(beginning)
        ended = threading.Event()

        def trickle() -> None:
            while not ended.wait(0.1):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.sendall(then)

        sender = threading.Thread(target=trickle, daemon=True)
        if then:
            sender.start()
        try:
            yield
        finally:
            ended.set()
            if then:
                sender.join()


@pytest.mark.parametrize("then", [b"", b"a"], ids=["then nothing", "then byte by byte"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_nobody_waits_for_those_who_send_slowly(server: Production, beginning: str, then: bytes) -> None:
    with clients(server.port, BEGINNINGS[beginning], then), running(server.port, server.static) as load:
        until(lambda: all(sum(load.statuses(kind).values()) >= ENOUGH for kind in KINDS))
    assert not load.failures(*KINDS), load.failures(*KINDS)
