"""A plain server with the nginx configuration and the systemd units of deploy/, and a restart under load."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PRODUCTION, UNSET_VARIABLES, Site, run

from production.load import wait_until
from production.proxies import HOST, Proxy, nginx
from production.sites import static_file

# These headers may differ between nginx and the site. The value of Strict-Transport-Security is in an environment
# variable, which nginx does not read.
OWN = {"connection", "content-length", "content-type", "date", "etag", "keep-alive", "server", "x-request-id"}
OWN |= {"accept-ranges", "last-modified", "strict-transport-security"}


def unit(site: Site, name: str) -> str:
    return (site.path / "deploy" / name).read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
def test_systemd_accepts_the_units(site: Site, tmp_path: Path) -> None:
    for ending in ("socket", "service"):
        # systemd-analyze looks for the programs.
        text = unit(site, f"site.{ending}").replace("/srv/%N/", f"{site.path}/")
        (tmp_path / f"my-site.{ending}").write_text(text)
    done = run("systemd-analyze", "verify", "--man=no", *tmp_path.iterdir(), cwd=tmp_path)
    assert not [line for line in done.stderr.splitlines() if "my-site" in line], done.stderr


def test_the_service_lets_requests_end(site: Site) -> None:
    graceful = re.search(r"graceful_timeout = (\d+)", (site.path / "gunicorn.conf.py").read_text())
    stop = re.search(r"TimeoutStopSec=(\d+)", unit(site, "site.service"))
    assert graceful
    assert stop
    assert int(stop[1]) > int(graceful[1])


def test_the_readme_copies_files_that_exist(site: Site) -> None:
    named = set(re.findall(r"deploy/[\w.]+", (site.path / "README.md").read_text(encoding="utf-8")))
    assert named == {f"deploy/{path.name}" for path in (site.path / "deploy").iterdir()}


class Systemd:
    """A stand-in for systemd: it keeps the socket open, starts the service with it, and restarts the service."""

    def __init__(self, site: Site, log: Path, database: str) -> None:
        self.site, self.log = site, log
        inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
        self.environment = inherited | PRODUCTION | {"DATABASE_URL": database, "PYTHONDONTWRITEBYTECODE": "1"}
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.service: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Start ExecStart with the socket as file descriptor 3, as sd_listen_fds(3) describes."""
        command = re.findall(r"^ExecStart=/srv/%N/(.+)$", unit(self.site, "site.service"), re.MULTILINE)[0]
        script = f"exec 3<&{self.socket.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec {self.site.path}/{command}"
        with self.log.open("ab") as output:
            self.service = subprocess.Popen(
                ["/bin/bash", "-c", script], cwd=self.site.path, env=self.environment, stdout=output, stderr=output,
                pass_fds=[self.socket.fileno()],
            )  # fmt: skip

    def stop(self) -> None:
        if self.service:
            self.service.terminate()
            self.service.wait(60)


@pytest.fixture(scope="module")
def systemd(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systemd]:
    folder = tmp_path_factory.mktemp("systemd")
    service = Systemd(site, folder / "web.log", f"sqlite:///{folder}/db.sqlite3")
    command = re.findall(r"^ExecStartPre=/srv/%N/(.+)$", unit(site, "site.service"), re.MULTILINE)[0]
    migrated = run(*f"{site.path}/{command}".split(), cwd=site.path, **service.environment)
    assert migrated.returncode == 0, migrated.stderr
    service.start()
    yield service
    service.stop()
    service.socket.close()


@pytest.fixture(scope="module")
def proxy(site: Site, systemd: Systemd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with nginx(site, tmp_path_factory.mktemp("nginx"), systemd.port) as running:
        yield running


def visit(proxy: Proxy, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    """GET a path on a new connection. ``response.body`` is the body."""
    connection = http.client.HTTPSConnection(HOST, proxy.port, context=proxy.trusting, timeout=60)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


def test_pages_come_by_https_and_compressed(proxy: Proxy) -> None:
    response = visit(proxy, **{"Accept-Encoding": "gzip"})
    assert response.status == 200, "the site treated an HTTPS request as plain HTTP"
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Strict-Transport-Security"]
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"]), "the id of nginx's log"
    plain = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=30)
    plain.request("GET", "/about/?a=b", headers={"Host": HOST})
    assert plain.getresponse().headers["Location"] == f"https://{HOST}/about/?a=b"


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
@pytest.mark.parametrize("name", ["css/site.css", "js/main.js", "icons/icon.svg", "icons/icon-192.png"])
def test_nginx_serves_static_files_with_the_headers_of_the_site(
    site: Site, systemd: Systemd, proxy: Proxy, name: str, encoding: str
) -> None:
    path = static_file(site, name)
    by_nginx = visit(proxy, path, **{"Accept-Encoding": encoding})
    connection = http.client.HTTPConnection("127.0.0.1", systemd.port, timeout=30)
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "Accept-Encoding": encoding}
    connection.request("GET", path, headers=headers)
    by_site = connection.getresponse()
    assert by_nginx.status == by_site.status == 200
    assert by_nginx.body == by_site.read()  # type: ignore[attr-defined]
    assert interesting(by_nginx) == interesting(by_site)


def interesting(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders() if name.lower() not in OWN}


def test_missing_static_files_get_the_page_of_the_site(proxy: Proxy) -> None:
    missing = visit(proxy, "/static/none.css")
    assert missing.status == 404
    assert "Content-Security-Policy" in missing.headers
    assert visit(proxy, "/static/staticfiles.json").status == 404, "the list of all files"


def test_a_restart_under_load_refuses_no_connection(proxy: Proxy, systemd: Systemd) -> None:
    ended, statuses, failures = threading.Event(), [], []
    starts = systemd.log.read_text().count("Starting gunicorn")

    def keep_visiting() -> None:
        while not ended.is_set():
            try:
                statuses.append(visit(proxy).status)
            except OSError as error:
                failures.append(error)

    visitors = [threading.Thread(target=keep_visiting) for _ in range(4)]
    assert visit(proxy).status == 200
    for visitor in visitors:
        visitor.start()
    for _ in range(2):
        systemd.stop()
        systemd.start()
        before = len(statuses)
        wait_until(lambda before=before: len(statuses) > before + 8)  # type: ignore[misc]
    ended.set()
    for visitor in visitors:
        visitor.join(60)
    assert failures == []
    assert set(statuses) == {200}
    assert systemd.log.read_text().count("Starting gunicorn") == starts + 2


class CountingServer(http.server.ThreadingHTTPServer):
    """A server that counts the connections that it accepts."""

    connections = 0

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_nginx_keeps_connections_to_the_site_open(site: Site, tmp_path: Path) -> None:
    with CountingServer(("127.0.0.1", 0), Handler) as upstream:
        thread = threading.Thread(target=upstream.serve_forever)
        thread.start()
        with contextlib.ExitStack() as stack:
            stack.callback(thread.join)
            stack.callback(upstream.shutdown)
            proxy = stack.enter_context(nginx(site, tmp_path, upstream.server_address[1]))
            for _ in range(40):
                assert visit(proxy).status == 200
        assert upstream.connections <= (os.cpu_count() or 1), "one for each process of nginx"
