"""Each hostile request gets an answer with a status below 500 and no outside file. The server keeps answering.

They are sent to gunicorn directly, and through nginx and Caddy with the files of deploy/. A proxy answers some of them
itself, with other statuses. It must never give one visitor the answer to another's request.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Site
from servers import HTTPS, procfile

from production import hostile, hostile_protocol
from production.proxies import HOST, caddy, nginx
from production.sites import static_file

MARK = b"This file is outside of the static files."
# Texts of a file outside, of the settings, of the environment and of the users of the machine.
SECRETS = (MARK, b"root:", b"INSTALLED_APPS", b"SECRET_KEY", b"SQLite format", b"/bin/sh")
TIMEOUT = 60.0  # seconds without an answer; usually each case is answered in a few milliseconds
# Seconds to wait for a proxy: for the rest of a request it waits longer, and after an answer for the next request.
PATIENCE, SILENCE = 30.0, 3.0
CLIENTS = 16  # at once, through a proxy
# RFC 9112, 6.1: "A server that receives a request message with a transfer coding it does not understand SHOULD respond
# with 501 (Not Implemented)." gunicorn, nginx and Caddy do so. The error is the client's.
NOT_IMPLEMENTED = {"an unknown coding", "an unknown coding, then chunked", "chunks in quotes"}
# Without a proxy: the standard allows two requests here, so the second one may be answered.
PIPELINED = {"after the end of the header's list", "chunks with an underscore"}
# nginx still answers HTTP/0.9, whose answers have no head.
WITHOUT_HEAD = {"no version", "no version, but headers"}

THEMES = {
    "traversal": hostile.TRAVERSAL,
    "bytes": hostile.BYTES,
    "headers": hostile.HEADERS,
    "smuggling": hostile.SMUGGLING,
    "oversized": hostile.OVERSIZED,
    "hosts": hostile_protocol.HOSTS,
    "forwarded": hostile_protocol.FORWARDED,
    "methods": hostile_protocol.METHODS,
    "versions": hostile_protocol.VERSIONS,
    "ranges": hostile_protocol.RANGES,
}


class Server(NamedTuple):
    port: int
    log: Path
    static: bytes


class Front(NamedTuple):
    """What the requests are sent to: gunicorn itself, or a proxy in front of it."""

    name: str
    connect: Callable[[], socket.socket]
    server: Server

    @property
    def is_proxy(self) -> bool:
        return self.name != "directly"

    def send(self, sent: bytes) -> bytes:
        """Send bytes and return everything that comes back until the server closes, or until a proxy is silent.

        gunicorn learns from the end of the stream that no more bytes come. A proxy would take it for a visitor who has
        left, and would drop the request.
        """
        received = b""
        with self.connect() as connection:
            with contextlib.suppress(OSError):  # the server may refuse a request before it is complete
                connection.sendall(sent)
                if not self.is_proxy:
                    connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError, *([OSError] if self.is_proxy else [])):
                while part := connection.recv(65536):
                    received += part
                    if self.is_proxy:
                        connection.settimeout(SILENCE)
        return received

    def visit(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST)
        connection.sock = self.connect()
        connection.request("GET", path, headers=HTTPS)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer


@pytest.fixture(scope="module")
def server(owned: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The site of this process under its own configuration, with a secret file in the folder above the static files."""
    folder = tmp_path_factory.mktemp("hostile")
    environment = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "MEDIA_ROOT": str(folder / "media")}
    outside = [owned.path / hostile.SECRET, folder / hostile.SECRET]
    migrated = owned.manage("migrate", "--verbosity", "0", cwd=owned.path, DEBUG="True", **environment)
    assert migrated.returncode == 0, migrated.stderr
    (folder / "media").mkdir()
    for file in outside:
        file.write_bytes(MARK)
    try:
        with procfile(owned, folder / "web.log", **environment) as (port, _):
            yield Server(port, folder / "web.log", static_file(owned, "css/site.css").encode())
    finally:
        outside[0].unlink()  # other tests use this site too


@pytest.fixture(scope="module", params=["directly", "nginx", "Caddy"])
def front(
    request: pytest.FixtureRequest, owned: Site, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    if request.param == "directly":
        yield Front("directly", lambda: socket.create_connection(("127.0.0.1", server.port), TIMEOUT), server)
    else:
        run = {"nginx": nginx, "Caddy": caddy}[request.param]
        with run(owned, tmp_path_factory.mktemp("proxy"), server.port) as proxy:
            yield Front(request.param, proxy.connect, server)


def status(answer: bytes) -> int:
    """Return the status of the answer; 0 if the server closed without one."""
    if not answer:
        return 0
    assert answer.startswith(b"HTTP/1."), answer[:80]
    return int(answer.split(b" ", 2)[1])


def answered_well(front: Front, theme: str, name: str, answer: bytes) -> bool:
    """Return whether the status is one that this request may get."""
    if front.is_proxy and name in WITHOUT_HEAD:
        return True
    got = status(answer)
    if theme == "traversal" and "in the " not in name:
        return 300 <= got < 500
    if theme == "hosts" and not front.is_proxy:
        return got == 400
    if theme == "hosts":  # Caddy answers hosts that it does not know with an empty 200; nginx corrects some hosts
        page = answer.partition(b"\r\n\r\n")[2]
        of_this_site = re.search(rb'rel="canonical" href="https://localhost(:\d+)?/"', page)
        return got in {400, 421} or not page or of_this_site is not None
    allowed = {501} if name in NOT_IMPLEMENTED else set()
    if front.is_proxy and theme == "smuggling":
        allowed |= {501}
    if front.is_proxy and "version" in name:
        allowed |= {505}  # RFC 9110, 15.6.6
    if front.name == "Caddy" and theme == "oversized":
        # gunicorn refuses a request that it has not read to its end. Caddy may notice the closed connection first.
        allowed |= {502}
    return got < 500 or got in allowed


def faults_of(front: Front, theme: str, name: str, answer: bytes) -> Iterator[str]:
    if not answered_well(front, theme, name, answer):
        yield f"{name}: {answer[:200]!r}"
    yield from (f"{name}: the answer contains {secret!r}" for secret in SECRETS if secret in answer)
    head = answer.partition(b"\r\n\r\n")[0].lower()
    yield from (f"{name}: {word!r} in the headers" for word in (b"evil.example", b"\nx-injected") if word in head)
    # A proxy may read two requests here. It gives both answers to the same visitor: see the request ids below.
    if theme == "smuggling" and not front.is_proxy and b"HTTP/1.1 404" in answer and name not in PIPELINED:
        yield f"{name}: the smuggled request is answered: {answer!r}"


def test_there_are_more_than_a_hundred_kinds() -> None:
    assert sum(map(len, THEMES.values())) > 100
    assert all(THEMES.values())


@pytest.mark.parametrize("theme", THEMES)
def test_no_request_harms_the_server(front: Front, theme: str) -> None:
    server, cases = front.server, THEMES[theme]
    logged = server.log.stat().st_size
    pages = {"/": front.visit("/"), server.static.decode(): front.visit(server.static.decode())}
    assert {code for code, _ in pages.values()} == {200}
    with ThreadPoolExecutor(CLIENTS if front.is_proxy else 1) as clients:
        sent = [case.replace(hostile_protocol.STATIC, server.static) for case in cases.values()]
        answers = clients.map(front.send, sent)
        others = [(path, front.visit(path)) for _ in range(20) for path in pages]
        faults = [
            fault
            for name, answer in zip(cases, answers, strict=True)
            for fault in faults_of(front, theme, name, answer)
        ]
    others += [(path, front.visit(path)) for _ in range(10) for path in pages]
    # The home page differs in its nonce only, which has the same length in each page.
    faults += [f"{path}: {code}" for path, (code, body) in others if (code, len(body)) != (200, len(pages[path][1]))]
    assert not faults, "\n".join(faults)
    log = server.log.read_bytes()[logged:].decode(errors="replace").splitlines()
    # Django logs a traceback for a suspicious request, which is not a failure of the site.
    failed = [line for line in log if "Traceback" in line and '"logger": "django.security.' not in line]
    assert not failed, failed[0][:3000]
    if front.is_proxy:
        assert not [line for line in log if '"request_id": "smuggled"' in line]
