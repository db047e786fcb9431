"""Each hostile request gets an answer with a status below 500 and no outside file. The server keeps answering."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Site
from servers import HTTPS, get, procfile

from production import hostile, hostile_protocol
from production.sites import static_file

MARK = b"This file is outside of the static files."
# Texts of a file outside, of the settings, of the environment and of the users of the machine.
SECRETS = (MARK, b"root:", b"INSTALLED_APPS", b"SECRET_KEY", b"SQLite format", b"/bin/sh")
TIMEOUT = 60.0  # seconds without an answer; usually each case is answered in a few milliseconds
# RFC 9112, 6.1: "A server that receives a request message with a transfer coding it does not understand SHOULD respond
# with 501 (Not Implemented)." gunicorn and nginx do so. The error is the client's.
NOT_IMPLEMENTED = {"an unknown coding", "an unknown coding, then chunked", "chunks in quotes"}
# The standard allows two requests here, so the second one may be answered.
PIPELINED = {"after the end of the header's list", "chunks with an underscore"}

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


@pytest.fixture(scope="module")
def server(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The default site under its own configuration, with a secret file in the folder above the static files."""
    folder = tmp_path_factory.mktemp("hostile")
    environment = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "MEDIA_ROOT": str(folder / "media")}
    outside = [site.path / hostile.SECRET, folder / hostile.SECRET]
    migrated = site.manage("migrate", "--verbosity", "0", cwd=site.path, DEBUG="True", **environment)
    assert migrated.returncode == 0, migrated.stderr
    (folder / "media").mkdir()
    for file in outside:
        file.write_bytes(MARK)
    try:
        with procfile(site, folder / "web.log", **environment) as (port, _):
            yield Server(port, folder / "web.log", static_file(site, "css/site.css").encode())
    finally:
        outside[0].unlink()  # the site is shared by all tests


def send(port: int, sent: bytes) -> bytes:
    """Send bytes, end the stream, and return everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        received = b""
        with contextlib.suppress(OSError):  # the server may refuse a request before it is complete
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                received += part
    return received


def status(answer: bytes) -> int:
    """Return the status of the answer; 0 if the server closed without one."""
    if not answer:
        return 0
    assert answer.startswith(b"HTTP/1."), answer[:80]
    return int(answer.split(b" ", 2)[1])


def test_there_are_more_than_a_hundred_kinds() -> None:
    assert sum(map(len, THEMES.values())) > 100
    assert all(THEMES.values())


@pytest.mark.parametrize("theme", THEMES)
def test_no_request_harms_the_server(server: Server, theme: str) -> None:
    faults = []
    logged = server.log.stat().st_size
    for name, sent in THEMES[theme].items():
        try:
            answer = send(server.port, sent.replace(hostile_protocol.STATIC, server.static))
        except TimeoutError:
            faults.append(f"{name}: no answer within {TIMEOUT:.0f} seconds")
            continue
        if name in NOT_IMPLEMENTED:
            answered_well = status(answer) in {400, 501}
        elif theme == "traversal" and "in the " not in name:
            answered_well = 300 <= status(answer) < 500
        elif theme == "hosts":
            answered_well = status(answer) == 400
        else:
            answered_well = status(answer) < 500
        if not answered_well:
            faults.append(f"{name}: {answer[:200]!r}")
        faults += [f"{name}: the answer contains {secret!r}" for secret in SECRETS if secret in answer]
        head = answer.partition(b"\r\n\r\n")[0].lower()
        faults += [f"{name}: {word!r} in the headers" for word in (b"evil.example", b"\nx-injected") if word in head]
        if theme == "smuggling" and b"HTTP/1.1 404" in answer and name not in PIPELINED:
            faults.append(f"{name}: the smuggled request is answered: {answer!r}")
    assert not faults, "\n".join(faults)
    assert get(server.port, "/")[0].status == 200
    assert get(server.port, server.static.decode(), HTTPS)[0].status == 200
    log = server.log.read_bytes()[logged:].decode(errors="replace").splitlines()
    # Django logs a traceback for a suspicious request, which is not a failure of the site.
    failed = [line for line in log if "Traceback" in line and '"logger": "django.security.' not in line]
    assert not failed, failed[0][:3000]
