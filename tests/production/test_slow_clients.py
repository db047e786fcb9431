"""Slow clients in front of nginx and Caddy, with the files of deploy/: other visitors are answered at once."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import Site
from servers import free_port

from production.proxies import COUNTS_BUFFERED_BODIES, HOST, Proxy, caddy, caddy_version, nginx
from production.sites import Production, production
from production.visitor import ADMIN, PASSWORD

CLIENTS = 500
VISITS = 20
AT_ONCE = 5  # seconds, on a busy machine; a visitor behind blocking slow clients would get no answer at all
PAUSE = 0.5  # seconds between two bytes of a slow client
LOGIN = "/accounts/login/"
GET = f"GET /livez HTTP/1.1\r\nHost: {HOST}\r\n".encode()
POST = f"POST {LOGIN} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: https://{HOST}\r\n".encode()
POST += b"Content-Type: application/x-www-form-urlencoded\r\n"
ATTACK = POST + b"Cookie: __Host-csrftoken=" + b"a" * 32 + b"\r\n"  # without this cookie, Django does not read the body
# The first bytes of each client. Most clients continue byte by byte.
BEGINNINGS = {
    "connections without a request": b"",
    "connections after a request": GET + b"\r\n",
    "half a head": GET + b"X-Slow: ",
    "half a body": ATTACK + b"Content-Length: 1000\r\n\r\nusername=",
    "half a chunked body": ATTACK + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\nusername=",
    "a body that waits for 100 Continue": ATTACK + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
}
SILENT = {name for name in BEGINNINGS if name.startswith("connections")}


@pytest.fixture(scope="module")
def server(owned: Site, tmp_path_factory: pytest.TempPathFactory, sqlite: Callable[..., str]) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("slow")
    with production(owned, folder, DATABASE_URL=sqlite(folder)) as running:
        yield running


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "Caddy"])
def proxy(
    request: pytest.FixtureRequest, server: Production, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    with request.param(server.site, tmp_path_factory.mktemp("proxy"), server.port) as running:
        yield running


@contextlib.contextmanager
def slow_clients(proxy: Proxy, kind: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(CLIENTS):
            if kind == "connections without a request":
                connections.append(socket.create_connection(("127.0.0.1", proxy.port), timeout=30))
            else:
                connections.append(proxy.connect())
            stack.enter_context(connections[-1])
            connections[-1].sendall(BEGINNINGS[kind])
            if kind == "connections after a request":
                assert connections[-1].recv(65536)
        ended = threading.Event()

        def send_slowly() -> None:
            while not ended.wait(PAUSE):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"a")

        sender = threading.Thread(target=send_slowly, daemon=True)
        if kind not in SILENT:
            sender.start()
        try:
            yield
        finally:
            ended.set()
            if kind not in SILENT:
                sender.join()


def visit(proxy: Proxy, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection(HOST, proxy.port, context=proxy.trusting, timeout=AT_ONCE)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_other_visitors_are_answered_at_once(proxy: Proxy, server: Production, kind: str) -> None:
    with slow_clients(proxy, kind):
        time.sleep(2 * PAUSE)  # a proxy that does not wait for slow requests has now passed them on
        for number in range(VISITS):
            path = ("/", LOGIN, server.static, "/documents/titles/")[number % 4]
            began = time.monotonic()
            assert visit(proxy, path)[0] == 200, path
            assert time.monotonic() - began < AT_ONCE, path


def sign_in(proxy: Proxy, encoding: Callable[[bytes], tuple[bytes, bytes]]) -> int:
    """Sign in with a body in the given encoding, and return the status of the response."""
    connection = http.client.HTTPSConnection(HOST, proxy.port, context=proxy.trusting, timeout=30)
    connection.request("GET", LOGIN)
    response = connection.getresponse()
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', response.read())
    assert token
    cookie = response.headers["Set-Cookie"].split(";")[0]
    fields = b"csrfmiddlewaretoken=%s&username=%s&password=%s"
    body = fields % (token[1], ADMIN.encode(), PASSWORD.replace(" ", "+").encode())
    headers, sent = encoding(body)
    head = POST + f"Cookie: {cookie}\r\n".encode()
    with proxy.connect() as plain:
        plain.sendall(head + headers + b"Connection: close\r\n\r\n")
        if b"100-continue" in headers:
            assert plain.recv(1000).startswith(b"HTTP/1.1 100")
        plain.sendall(sent)
        answer = b""
        while data := plain.recv(65536):
            answer += data
    statuses = [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d+)", answer, re.MULTILINE)]
    return statuses[-1]  # Caddy passes on a 100 of gunicorn, in addition to its own


ENCODINGS: dict[str, Callable[[bytes], tuple[bytes, bytes]]] = {
    "of known length": lambda body: (b"Content-Length: %d\r\n" % len(body), body),
    "in chunks": lambda body: (b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
    "after 100 Continue": lambda body: (b"Content-Length: %d\r\nExpect: 100-continue\r\n" % len(body), body),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_form_arrives(proxy: Proxy, encoding: str, request: pytest.FixtureRequest) -> None:
    if encoding == "in chunks" and "Caddy" in request.node.name and caddy_version() < COUNTS_BUFFERED_BODIES:
        pytest.skip("Caddy 2.6.2 adds no Content-Length, and Django reads no body without it; browsers send one")
    assert sign_in(proxy, ENCODINGS[encoding]) == 302


def test_static_files_of_nginx_do_not_wait_for_pages(
    server: Production, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """nginx serves them itself, also while the site does not run."""
    with nginx(server.site, tmp_path_factory.mktemp("alone"), free_port()) as proxy:
        status, body = visit(proxy, server.static)
        assert (status, bool(body)) == (200, True)
        assert visit(proxy, "/")[0] == 502
