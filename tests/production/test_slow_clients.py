"""Visitors who send or read slowly, by intent or on a bad line: nobody else waits for them."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import Site
from servers import HTTPS, get

from production.hostile import SECURE
from production.load import running, until
from production.sites import Production, production

PROCESSES = 2
THREADS = 8
MANY = 5 * THREADS  # clients
KINDS = ("static", "live", "home", "titles", "add")
ENOUGH = 5  # answers of each kind
IN_MEMORY = 64 * 1024  # bytes of a file that the edge keeps there: SMALL in edge/application.py
FILLED = 8_000_000  # bytes of answers, twice what Linux keeps for a connection: net.ipv4.tcp_wmem
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
        processes: set[bytes] = set()

        def all_there() -> bool:
            processes.add(get(running.port, "/documents/slow/?seconds=0.1")[1])
            return len(processes) == PROCESSES

        until(all_there)
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


def test_nobody_waits_for_those_who_ask_and_do_not_read(server: Production, owned: Site) -> None:
    """They ask for a static file until the network takes no more of the answers."""
    files = (path for path in (owned.path / "staticfiles").rglob("*.js") if path.stat().st_size < IN_MEMORY)
    file = max(files, key=lambda path: path.stat().st_size)
    times = FILLED // file.stat().st_size
    url = f"/static/{file.relative_to(owned.path / 'staticfiles').as_posix()}"
    request = f"GET {url} HTTP/1.1\r\n".encode() + SECURE + b"\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(THREADS + 2):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before it connects: it is then kept
            connection.connect(("127.0.0.1", server.port))
            for _ in range(times):
                connection.sendall(request)
                time.sleep(0.001)  # one at a time: each is a sign of its own
        with running(server.port, server.static) as load:
            until(lambda: all(sum(load.statuses(kind).values()) >= ENOUGH for kind in KINDS))
    assert not load.failures(*KINDS), load.failures(*KINDS)


def test_static_files_do_not_wait_for_pages(server: Production) -> None:
    """Every thread of every process has a page to answer that takes its time."""
    slow = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=30) for _ in range(MANY)]
    for connection in slow:
        connection.request("GET", "/documents/slow/?seconds=2", headers=HTTPS)
    time.sleep(0.5)  # until they are at it
    response, body = get(server.port, server.static)
    assert (response.status, bool(body)) == (200, True)
    assert not select.select([connection.sock for connection in slow], [], [], 0)[0], "a page was there before it"
    for connection in slow:
        connection.close()
