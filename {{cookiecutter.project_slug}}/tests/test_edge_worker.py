"""The worker answers for static files in memory by itself, and leaves every other request whole to gunicorn."""

import re
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from selectors import EVENT_WRITE
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.wsgi import get_wsgi_application

pytest.importorskip("fcntl", reason="gunicorn does not run on Windows")

from edge.application import Edge
from edge.worker import Worker
from tests.loop import Loop

pytestmark = pytest.mark.django_db  # at the end of a request Django looks at its database connections

HEADERS = "Host: localhost\r\nX-Forwarded-Proto: https\r\nAccept-Encoding: br\r\n"


class Running(Loop):
    """The worker and one client."""

    def __init__(self, application: Any) -> None:
        super().__init__(Worker, application)
        self.client = self.connect()
        self.turn()

    def ask(self, request: str) -> bytes:
        """What the client has got after a turn of the loop; nothing where a thread is to answer."""
        self.client.sendall(request.encode("latin-1"))
        self.turn()
        try:
            return self.client.recv(1_000_000, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""


@pytest.fixture
def edge() -> Edge:
    return Edge(get_wsgi_application())


@pytest.fixture
def running(edge: Edge) -> Iterator[Running]:
    running = Running(edge)
    yield running
    running.close()


@pytest.fixture
def url() -> str:
    return staticfiles_storage.url("css/site.css")


def get(url: str, headers: str = HEADERS, method: str = "GET", version: str = "HTTP/1.1") -> str:
    return f"{method} {url} {version}\r\n{headers}\r\n"


def test_a_static_file_needs_no_thread(running: Running, url: str) -> None:
    head, _, body = running.ask(get(url)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: ")
    assert b"\r\nContent-Encoding: br\r\n" in head
    assert body == Path(settings.STATIC_ROOT, f"{url.removeprefix(settings.STATIC_URL)}.br").read_bytes()
    assert not running.threads.given


def test_a_connection_has_many_requests(running: Running, url: str) -> None:
    for _ in range(3):
        assert running.ask(get(url)).startswith(b"HTTP/1.1 200 OK")
    assert running.ask(get(url, method="HEAD")).endswith(b"\r\n\r\n")
    assert running.ask(get(f"{url}?v=1")).startswith(b"HTTP/1.1 200 OK")
    assert running.ask(get(url, f"{HEADERS}If-None-Match: *\r\n")).startswith(b"HTTP/1.1 304 Not Modified")
    part = running.ask(get(url, f"{HEADERS}Range: bytes=0-1\r\n"))
    assert part.startswith(b"HTTP/1.1 206 Partial Content")
    assert len(part.partition(b"\r\n\r\n")[2]) == 2
    assert not running.threads.given
    assert len(running.worker.keepalived_conns) == running.worker.nr_conns == 1


def test_a_request_may_come_in_pieces(running: Running, url: str) -> None:
    request = get(url)
    for piece in (request[:5], request[5:-2]):
        assert running.ask(piece) == b""
    assert running.ask(request[-2:]).startswith(b"HTTP/1.1 200 OK")
    assert running.ask(get(url)).startswith(b"HTTP/1.1 200 OK")  # it is heard again at its first byte
    assert not running.threads.given


@pytest.mark.parametrize(
    ("method", "headers", "version"),
    [
        ("POST", HEADERS, "HTTP/1.1"),
        ("GET", HEADERS, "HTTP/1.0"),
        ("GET", HEADERS, "HTTP/2.0"),
        ("GET", f"{HEADERS}Connection: close\r\n", "HTTP/1.1"),
        ("GET", f"{HEADERS}Content-Length: 0\r\n", "HTTP/1.1"),
        ("GET", f"{HEADERS}Content-Length: 5\r\n", "HTTP/1.1"),
        ("GET", f"{HEADERS}Transfer-Encoding: chunked\r\n", "HTTP/1.1"),
        ("GET", f"{HEADERS}Expect: 100-continue\r\n", "HTTP/1.1"),
        ("GET", f"{HEADERS}Accept-Encoding: gzip\r\n", "HTTP/1.1"),  # twice
        ("GET", f"{HEADERS}Bad Name: x\r\n", "HTTP/1.1"),
        ("GET", "Host: localhost\r\n", "HTTP/1.1"),  # not by HTTPS: Django redirects it
    ],
    ids=str,
)
def test_what_is_not_plain_goes_to_gunicorn_unread(
    running: Running, url: str, method: str, headers: str, version: str
) -> None:
    request = get(url, headers, method, version)
    assert running.ask(request) == b""
    for conn in [*running.threads.given, *running.worker.pending_conns]:
        assert conn.sock.recv(10_000, socket.MSG_PEEK | socket.MSG_DONTWAIT) == request.encode()
    assert len(running.threads.given) + len(running.worker.pending_conns) == 1


@pytest.mark.parametrize("other", ["/", "/static/css/site.css", "/static/../manage.py", "%2e", "//"])
def test_other_paths_go_to_gunicorn(running: Running, url: str, other: str) -> None:
    assert running.ask(get(other if other.startswith("/") else f"{url}{other}")) == b""
    assert len(running.threads.given) == 1


def test_two_requests_at_once_go_to_gunicorn(running: Running, url: str) -> None:
    assert running.ask(get(url) * 2) == b""
    assert len(running.threads.given) == 1


def test_an_encoded_name_is_not_taken_for_a_plain_one(running: Running, edge: Edge, url: str) -> None:
    """`%41` asks for a file called `A`; one that is really called `%41` is asked for as `%2541`."""
    files = edge.files["https"]
    files["/static/%41.css"] = files[url]
    assert running.ask(get("/static/%41.css")) == b""


def test_a_file_on_the_disk_goes_to_gunicorn(running: Running, edge: Edge, url: str) -> None:
    for variant in edge.files["https"][url].variants.values():
        variant.body = None
    assert running.ask(get(url)) == b""
    assert len(running.threads.given) == 1


def test_without_keep_alive_each_answer_ends_its_connection(running: Running, url: str) -> None:
    running.worker.cfg.set("keepalive", 0)
    assert running.ask(get(url)) == b""
    assert len(running.threads.given) == 1


def test_what_only_a_server_says_is_said_once(running: Running, edge: Edge, url: str) -> None:
    """gunicorn leaves out what an application, or a middleware of it, says of the connection."""
    for variant in edge.files["https"][url].variants.values():
        variant.headers += [("Server", "other"), ("connection", "close"), ("X-Other", "kept")]
    head = running.ask(get(url)).partition(b"\r\n\r\n")[0]
    assert head.lower().count(b"\r\nserver: ") == head.lower().count(b"\r\nconnection: ") == 1
    assert b"\r\nX-Other: kept" in head


def test_a_connection_that_breaks_ends_no_loop(running: Running, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(conn: Any) -> None:  # between two looks at it, which no client can do at will
        raise ConnectionResetError

    monkeypatch.setattr(running.worker, "wait_no_longer", broken)
    running.ask(get(url))
    assert running.worker.nr_conns == 0


def test_a_worker_that_stops_answers_no_connection_for_good(running: Running, url: str) -> None:
    running.worker.handle_exit(15, None)
    running.turn()
    assert running.ask(get(url)) == b""
    assert len(running.threads.given) == 1


def test_a_connection_with_a_request_read_ahead_goes_to_gunicorn(running: Running, url: str) -> None:
    running.ask(get(url))
    (conn,) = running.worker.keepalived_conns
    conn.init()
    conn.parser.unreader.unread(b"GET")
    assert running.ask(get(url)) == b""


def test_another_application_is_served_by_gunicorn_alone(url: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise AssertionError("A thread's to ask")

    running = Running(application)
    assert running.ask(get(url)) == b""
    assert len(running.threads.given) == 1
    running.close()


@pytest.fixture
def large(edge: Edge, url: str) -> bytes:
    """More than the network takes at once."""
    body = b"x" * 20_000_000
    for variant in edge.files["https"][url].variants.values():
        variant.body = body
    return body


def test_a_client_that_reads_slowly_gets_everything(running: Running, url: str, large: bytes) -> None:
    got = running.ask(get(url))
    assert got.startswith(b"HTTP/1.1 200 OK")
    ((_, wait),) = ((key.fd, key.data) for key in running.worker.poller.get_map().values() if key.events == EVENT_WRITE)
    assert [part.obj is large for part in wait.args[1]] == [True]  # no copy for each who reads slowly
    assert not running.worker.keepalived_conns  # nobody listens to the connection meanwhile
    while running.worker.sending:
        got += running.client.recv(10_000_000)
        running.turn()
        running.worker.murder_pending()
    running.client.settimeout(1)
    while not got.endswith(large):
        got += running.client.recv(10_000_000)
    assert len(got.partition(b"\r\n\r\n")[2]) == len(large)
    assert len(running.worker.keepalived_conns) == running.worker.nr_conns == 1
    assert not running.threads.given


def test_what_the_network_does_not_take_is_kept(running: Running, url: str, large: bytes) -> None:
    running.ask(get(url))
    (conn,) = running.worker.sending
    while True:  # until it is full to the last byte
        try:
            conn.sock.send(b"x", socket.MSG_DONTWAIT)
        except BlockingIOError:
            break
    running.worker.on_writable(conn, [b"rest"], conn.sock)
    assert list(running.worker.sending) == [conn]
    assert running.worker.nr_conns == 1


def test_a_client_that_never_reads_is_let_go(running: Running, url: str, large: bytes) -> None:
    running.ask(get(url))
    (conn,) = running.worker.sending
    running.worker.murder_pending()
    assert running.worker.nr_conns == 1
    conn.timeout = 0.0
    running.worker.murder_pending()
    assert running.worker.nr_conns == 0
    assert not running.worker.sending


def test_a_client_that_leaves_in_the_middle_is_let_go(running: Running, url: str, large: bytes) -> None:
    running.ask(get(url))
    running.client.close()
    running.turn()
    assert running.worker.nr_conns == 0
    assert not running.worker.sending


def test_a_worker_that_has_stopped_waits_a_moment_for_the_next_request(
    running: Running, url: str, large: bytes
) -> None:
    running.ask(get(url))
    running.worker.alive = False
    (conn,) = running.worker.sending
    running.worker.on_writable(conn, [], conn.sock)
    assert conn.timeout < time.monotonic() + 3


def test_a_client_that_has_left_is_let_go(running: Running, url: str) -> None:
    running.client.sendall(get(url).encode())
    (conn,) = running.worker.pending_conns
    conn.sock.shutdown(socket.SHUT_WR)  # to send is an error then
    running.turn()
    assert running.worker.nr_conns == 0


def test_what_it_cannot_answer_does_not_end_the_loop(
    running: Running, edge: Edge, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "file", lambda *_: 1 / 0)
    assert running.ask(get(url)) == b""
    assert len(running.threads.given) == 1


def test_the_date_is_that_of_the_answer(running: Running, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dates = []
    for now in (0.0, 1.5):
        monkeypatch.setattr("time.time", lambda now=now: now)
        (date,) = re.findall(rb"\r\nDate: ([^\r]+)\r\n", running.ask(get(url)))
        dates.append(date)
    assert dates == [b"Thu, 01 Jan 1970 00:00:00 GMT", b"Thu, 01 Jan 1970 00:00:01 GMT"]
