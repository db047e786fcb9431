"""Static files by the server of production, the Procfile's gunicorn: what arrives at a client, byte by byte."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site
from servers import HTTPS, procfile

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def edge(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with procfile(site, tmp_path_factory.mktemp("edge") / "log") as (port, _):
        yield port


@pytest.fixture
def stylesheet(site: Site) -> str:
    (path,) = (site.path / "staticfiles" / "css").glob("site.*.css")
    return f"/static/css/{path.name}"


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {**HTTPS, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


def test_every_file_arrives_whole_in_every_coding(site: Site, edge: int) -> None:
    root = site.path / "staticfiles"
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix not in {".gz", ".br"}]
    assert len(files) > 100
    for path in files:
        for coding, suffix in {"identity": "", "gzip": ".gz", "br": ".br"}.items():
            status, headers, body = ask(edge, f"/static/{path.relative_to(root).as_posix()}", accept_encoding=coding)
            sent = path.with_name(f"{path.name}{suffix}")
            expected = sent if sent.exists() else path
            assert (status, body) == (200, expected.read_bytes())
            assert headers["x-content-type-options"] == "nosniff"
            assert "transfer-encoding" not in headers


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
def test_the_rules_of_http_hold_on_the_wire(edge: int, stylesheet: str, headers: dict[str, str], status: int) -> None:
    got, sent, body = ask(edge, stylesheet, **headers)
    assert got == status
    assert "content-encoding" not in sent
    assert len(body) == (int(sent["content-length"]) if status != 304 else 0)


def test_head_and_other_methods(edge: int, stylesheet: str) -> None:
    assert ask(edge, stylesheet, "HEAD")[::2] == (200, b"")
    status, headers, _ = ask(edge, stylesheet, "POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_http_is_redirected_as_everywhere(edge: int, stylesheet: str) -> None:
    status, headers, _ = ask(edge, stylesheet, X_Forwarded_Proto="http")
    assert (status, headers["location"]) == (301, f"https://localhost{stylesheet}")


def test_a_connection_stays_usable_after_every_answer(edge: int, stylesheet: str) -> None:
    """An answer whose length is not what it says would garble the next one on the same connection."""
    whole = ask(edge, stylesheet)[2]
    connection = http.client.HTTPConnection("127.0.0.1", edge, timeout=30)
    for headers in (
        {},
        {"Range": "bytes=0-0"},
        {"Range": "bytes=99999999-"},
        {"If-None-Match": "*"},
        {"If-Match": "x"},
    ):
        for method in ("GET", "HEAD", "OPTIONS"):
            connection.request(method, stylesheet, headers=HTTPS | headers)
            connection.getresponse().read()
            connection.request("GET", stylesheet, headers=HTTPS)
            assert connection.getresponse().read() == whole
    connection.close()


def exchanged(connection: socket.socket, request: str) -> tuple[bytes, bytes]:
    """Head, without its date, and body of an answer, as they come over a connection that stays open."""
    connection.sendall(request.encode())
    head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: ([0-9]+)", head)
    while length and not request.startswith("HEAD") and len(body) < int(length[1]):
        body += connection.recv(65536)
    return re.sub(rb"\r\nDate: [^\r]+", b"", head), body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "more",
    ["", "Accept-Encoding: br", "Accept-Encoding: gzip", "If-None-Match: *", "Range: bytes=0-9", "If-Match: x"],
)
def test_the_worker_answers_byte_for_byte_as_gunicorn_does(site: Site, edge: int, method: str, more: str) -> None:
    """A plain name is answered in the worker's loop; with a letter encoded (`%63`), by gunicorn's thread and WSGI."""
    root = site.path / "staticfiles"
    headers = "".join(f"{name}: {value}\r\n" for name, value in HTTPS.items()) + (f"{more}\r\n" if more else "")
    with socket.create_connection(("127.0.0.1", edge), timeout=30) as connection:
        for path in root.rglob("*"):
            if path.is_file() and path.suffix not in {".gz", ".br"}:
                url = f"/static/{path.relative_to(root).as_posix()}"
                plain, encoded = (
                    exchanged(connection, f"{method} {name} HTTP/1.1\r\n{headers}\r\n")
                    for name in (url, f"/%73{url[2:]}")
                )
                assert plain == encoded, url


@pytest.mark.parametrize(
    "path",
    [
        b"/static/%2e%2e/manage.py",
        b"/static/../manage.py",
        b"/static/..%2fmanage.py",
        b"/static/%00",
        b"/static/css%5c..%5c..%5cmanage.py",
        b"/static/%ff%fe",
        b"/static//etc/passwd",
        b"/static/" + b"a" * 4000,
    ],
)
def test_no_path_leads_out_of_the_collected_files(edge: int, path: bytes) -> None:
    with socket.create_connection(("127.0.0.1", edge), timeout=30) as connection:
        lines = (b"Host: localhost", b"X-Forwarded-Proto: https", b"Connection: close")
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b" ", 2)[1] in {b"404", b"400"}


def test_a_large_file_is_sent_from_the_disk(copy: Site, tmp_path: Path) -> None:
    """Above the limit of what is kept in memory the kernel sends it; ranges of it too."""
    content = bytes(range(256)) * 4096
    (copy.path / "static" / "imgs" / "large.png").write_bytes(content)
    collected = copy.manage("collectstatic", "--no-input", DEBUG="False")
    assert collected.returncode == 0, collected.stderr
    (path,) = (copy.path / "staticfiles" / "imgs").glob("large.*.png")
    with procfile(copy, tmp_path / "log") as (port, _):
        assert ask(port, f"/static/imgs/{path.name}")[2] == content
        assert ask(port, f"/static/imgs/{path.name}", range="bytes=100000-299999")[2] == content[100000:300000]
        assert ask(port, f"/static/imgs/{path.name}", range="bytes=-7")[2] == content[-7:]
