"""Real WSGI servers with the edge: every answer arrives complete, also while the files are changed under the server."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .collector import LONG, Collected
from .servers import COMMANDS, ask, ask_over, serve, variables


@pytest.fixture
def gunicorn(collected: Collected, tmp_path: Path) -> Iterator[int]:
    with serve("gunicorn gthread", collected.root, tmp_path / "log") as port:
        yield port


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Collected]]:
    """A gunicorn whose files no test changes."""
    with serve("gunicorn gthread", template, tmp_path_factory.mktemp("shared") / "log") as port:
        yield port, Collected(template)


@pytest.mark.parametrize("server", COMMANDS)
def test_every_file_arrives_complete_in_every_coding(server: str, template: Path, tmp_path: Path) -> None:
    files = Collected(template)
    with serve(server, template, tmp_path / "log") as port:
        for url, path in files.urls.items():
            for coding, suffix in {"identity": "", "gzip": ".gz", "br": ".br"}.items():
                status, headers, body = ask(port, url, accept_encoding=coding)
                expected = files.file(url, suffix) if files.file(url, suffix).exists() else path
                assert (status, body) == (200, expected.read_bytes())
                assert headers["x-content-type-options"] == "nosniff"
                assert "transfer-encoding" not in headers
        content = files.file(files.large).read_bytes()
        for span in (slice(0, 1), slice(70_000, 200_000), slice(len(content) - 7, len(content))):
            status, _, body = ask(port, files.large, range=f"bytes={span.start}-{span.stop - 1}")
            assert (status, body) == (206, content[span])
        assert ask(port, files.large, "HEAD")[::2] == (200, b"")
        assert ask(port, "/")[2] == b"home"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"range": "bytes=0-0"}, 206),
        ({"range": "bytes=-1"}, 206),
        ({"range": "bytes=0-0", "if_range": '"other"'}, 200),
        ({"range": "bytes=0-0,2-2"}, 200),
        ({"range": "bytes=99999999-"}, 416),
        ({"accept_encoding": "gzip;q=0"}, 200),
        ({"accept_encoding": "identity;q=0, *;q=0"}, 406),
        ({"if_none_match": "*"}, 304),
        ({"if_match": '"other"'}, 412),
    ],
    ids=str,
)
def test_the_rules_of_http_hold_on_the_wire(
    shared: tuple[int, Collected], headers: dict[str, str], status: int
) -> None:
    port, files = shared
    got, sent, body = ask(port, files.stylesheet, **headers)
    assert got == status
    assert "content-encoding" not in sent
    assert len(body) == (int(sent["content-length"]) if status != 304 else 0)


def test_a_connection_stays_usable_after_every_answer(shared: tuple[int, Collected]) -> None:
    """An answer of another length than announced would garble the next one on the same connection."""
    port, files = shared
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for url in (files.stylesheet, files.large):
        whole = files.file(url).read_bytes()
        for headers in (
            {},
            {"range": "bytes=0-0"},
            {"range": "bytes=99999999-"},
            {"if_none_match": "*"},
            {"if_match": "x"},
        ):
            for method in ("GET", "HEAD", "OPTIONS"):
                ask_over(connection, url, method, **headers)
                assert ask_over(connection, url)[2] == whole
    connection.close()


@pytest.mark.parametrize(
    "path",
    [
        b"/static/%2e%2e/manage.py",
        b"/static/../manage.py",
        b"/static/..%2fmanage.py",
        b"/static/%00",
        b"/static/css%5c..%5c..%5c..%5cmanage.py",
        b"/static/%ff%fe",
        b"/static//etc/passwd",
        b"/static/" + b"a" * 4000,
    ],
)
def test_no_path_leads_out_of_the_collected_files(shared: tuple[int, Collected], path: bytes) -> None:
    with socket.create_connection(("127.0.0.1", shared[0]), timeout=30) as connection:
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b" ", 2)[1] in {b"404", b"400"}


@pytest.mark.parametrize("learnt", [True, False], ids=["already learnt", "not yet learnt"])
@pytest.mark.parametrize(("damage", "status"), [("removed", {404, 500}), ("truncated", {500})])
def test_a_damaged_file_gets_a_complete_answer(
    gunicorn: int, collected: Collected, damage: str, status: set[int], learnt: bool
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gunicorn, timeout=30)
    path = collected.file(collected.large)
    if learnt:
        ask_over(connection, collected.large)
    path.unlink() if damage == "removed" else os.truncate(path, 1000)
    for _ in range(3):
        for headers in ({}, {"range": "bytes=0-0"}):
            assert ask_over(connection, collected.large, **headers)[0] in status
            assert ask_over(connection, collected.stylesheet)[2] == collected.file(collected.stylesheet).read_bytes()
    connection.close()


@pytest.mark.parametrize("span", ["", "bytes=1000-"])
def test_a_file_truncated_while_it_is_sent_ends_the_connection(collected: Collected, tmp_path: Path, span: str) -> None:
    """The client sees that bytes are missing. It never gets the next answer in their place."""
    size, name = 64 * 1024 * 1024, "huge.0123456789ab.bin"
    (collected.root / name).touch()
    os.truncate(collected.root / name, size)
    manifest = {"paths": {**collected.manifest, "huge.bin": name}, "version": "1.1", "hash": ""}
    (collected.root / "staticfiles.json").write_text(json.dumps(manifest))
    with (
        serve("gunicorn gthread", collected.root, tmp_path / "log") as port,
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
    ):
        lines = [f"GET /static/{name} HTTP/1.1", "Host: localhost", *([f"Range: {span}"] if span else [])]
        request = "\r\n".join([*lines, "", ""]).encode()
        connection.sendall(request)
        received = len(connection.recv(65536))
        os.truncate(collected.root / name, 1024 * 1024)
        connection.sendall(request)
        while chunk := connection.recv(1024 * 1024):
            received += len(chunk)
            assert b"HTTP/1.1" not in chunk
    assert received < size


@pytest.mark.parametrize("requests", [1000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_collectstatic_in_place_drops_no_request(
    template: Path, tmp_path: Path, requests: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Pages that are open in a browser refer to the files of the last deploy: these have to stay available."""
    source, root = tmp_path / "source", tmp_path / "static"
    shutil.copytree(template.parent / "source", source)
    environment = variables(SITE_SOURCE=str(source), SITE_STATIC_ROOT=str(root))
    collect = [sys.executable, "-m", "django", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, env=environment, check=True)
    expected = {url: path.read_bytes() for url, path in Collected(root).urls.items()}
    wrong: list[str] = []
    left = iter(range(requests))

    def visit(port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in left:
            url = list(expected)[number % len(expected)]
            try:
                status, _, body = ask_over(connection, url)
            except (OSError, http.client.HTTPException) as error:
                wrong.append(f"{url}: {error!r}")
                connection.close()
            else:
                if status != 200 or body != expected[url]:
                    wrong.append(f"{url}: {status}, {len(body)} bytes")
        connection.close()

    with serve("gunicorn gthread", root, tmp_path / "log") as port:
        visitors = [threading.Thread(target=visit, args=(port,)) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        runs = 0
        while any(visitor.is_alive() for visitor in visitors) or runs < 2:
            runs += 1
            (source / "css/lonely.css").write_text(f"p {{ order: {runs}; }}\n{LONG}")
            (source / "imgs/paper.svg").write_text(f"<svg>{runs}</svg>{LONG}")
            subprocess.run(collect, env=environment, check=True)
        for visitor in visitors:
            visitor.join()
    assert wrong == []
    assert len(Collected(root).urls) == len(expected)
    assert Collected(root).urls.keys() != expected.keys()
