"""Whatever is sent, the server answers with less than 500 and at once, keeps to its folder, and goes on answering."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Site
from servers import HTTPS, get, procfile

from production import hostile, hostile_protocol
from production.sites import static_file

MARK = b"What lies outside of the static files."
# What no answer may hold: a file outside, the settings, the environment, the machine's users.
SECRETS = (MARK, b"root:", b"INSTALLED_APPS", b"SECRET_KEY", b"SQLite format", b"/bin/sh")
HANG = 5.0  # seconds without an answer; every case here is answered in a few milliseconds
# RFC 9112, 6.1: "A server that receives a request message with a transfer coding it does not understand SHOULD respond
# with 501 (Not Implemented)." So do gunicorn and nginx: it says what the client did, not that the server has failed.
NOT_IMPLEMENTED = {"an unknown coding", "an unknown coding, then chunked", "chunks in quotes"}
# Two requests for whoever reads them by the book: the second may be answered.
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
    """The default site under its own configuration; the file outside lies where the first step up leads to."""
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
        outside[0].unlink()  # the site is shared


def send(port: int, sent: bytes) -> tuple[bytes, float]:
    """Send bytes and nothing after them. All that comes back until the server closes, and the seconds that it took."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=HANG) as connection:
        received = b""
        with contextlib.suppress(OSError):  # it may refuse what is sent before all of it is there
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                received += part
    return received, time.monotonic() - began


def status(answer: bytes) -> int:
    """The status of the answer; 0 where the server has closed without one."""
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
            answer, seconds = send(server.port, sent.replace(hostile_protocol.STATIC, server.static))
        except TimeoutError:
            faults.append(f"{name}: no answer within {HANG:.0f} seconds")
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
        faults += [f"{name}: the answer holds {secret!r}" for secret in SECRETS if secret in answer]
        head = answer.partition(b"\r\n\r\n")[0].lower()
        faults += [f"{name}: {word!r} in the headers" for word in (b"evil.example", b"\nx-injected") if word in head]
        if theme == "smuggling" and b"HTTP/1.1 404" in answer and name not in PIPELINED:
            faults.append(f"{name}: the smuggled request is answered: {answer!r}")
        if seconds > HANG:
            faults.append(f"{name}: answered after {seconds:.1f} seconds")
    assert not faults, "\n".join(faults)
    assert get(server.port, "/")[0].status == 200
    assert get(server.port, server.static.decode(), HTTPS)[0].status == 200
    said = server.log.read_bytes()[logged:].decode(errors="replace").splitlines()
    # Django's own log of suspicious requests may say where: that is not a failure of the site.
    failed = [line for line in said if "Traceback" in line and '"logger": "django.security.' not in line]
    assert not failed, failed[0][:3000]
