"""The plain server of the site's README: its units and its nginx, word for word, and a restart under load."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from conftest import FOREIGN, PRODUCTION, Site, run
from servers import free_port


def snippets(site: Site) -> dict[str, str]:
    """The blocks of the section by what they are: the two units, and nginx's."""
    text = (site.path / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Deploying to a plain server") :]
    socket_unit, service_unit = re.findall(r"```ini\n(.*?)```", section, re.DOTALL)[:2]
    (nginx,) = re.findall(r"```nginx\n(.*?)```", section, re.DOTALL)[:1]
    return {"my-site.socket": socket_unit, "my-site.service": service_unit, "nginx": nginx}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
def test_systemd_understands_the_units(site: Site, tmp_path: Path) -> None:
    for name in ("my-site.socket", "my-site.service"):
        unit = snippets(site)[name].replace(
            "/srv/%N/.venv/bin/", f"{site.path}/.venv/bin/"
        )  # it looks for the programs
        (tmp_path / name).write_text(unit)
    done = run("systemd-analyze", "verify", "--man=no", *tmp_path.iterdir(), cwd=tmp_path)
    ours = [line for line in done.stderr.splitlines() if "my-site" in line]
    assert not ours, done.stderr


def test_the_unit_lets_requests_end(site: Site) -> None:
    graceful = re.search(r"graceful_timeout = (\d+)", (site.path / "gunicorn.conf.py").read_text())
    stop = re.search(r"TimeoutStopSec=(\d+)", snippets(site)["my-site.service"])
    assert graceful
    assert stop
    assert int(stop[1]) > int(graceful[1])


class Systemd:
    """What systemd does with the two units: hold the socket, start the service with it, restart the service."""

    def __init__(self, site: Site, log: Path, database: str) -> None:
        self.site, self.log = site, log
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.environment = inherited | PRODUCTION | {"DATABASE_URL": database, "PYTHONDONTWRITEBYTECODE": "1"}
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.service: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Start ExecStart with the socket as file descriptor 3, as sd_listen_fds(3) says."""
        command = re.findall(
            r"^ExecStart=/srv/%N/.venv/bin/(.+)$", snippets(self.site)["my-site.service"], re.MULTILINE
        )
        script = (
            f"exec 3<&{self.socket.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec {self.site.python.parent}/{command[0]}"
        )
        with self.log.open("ab") as output:
            self.service = subprocess.Popen(
                ["/bin/bash", "-c", script], cwd=self.site.path, env=self.environment, stdout=output, stderr=output,
                pass_fds=[self.socket.fileno()],
            )  # fmt: skip

    def stop(self) -> None:
        if self.service:
            self.service.terminate()
            self.service.wait(30)


@pytest.fixture
def systemd(site: Site, tmp_path: Path) -> Iterator[Systemd]:
    database = f"sqlite:///{tmp_path}/db.sqlite3"
    production = PRODUCTION | {"DATABASE_URL": database}
    migrated = run(site.python, "manage.py", "migrate", "--no-input", cwd=site.path, **production)
    assert migrated.returncode == 0, migrated.stderr
    service = Systemd(site, tmp_path / "web.log", database)
    service.start()
    yield service
    service.stop()
    service.socket.close()


@pytest.fixture
def nginx(site: Site, systemd: Systemd, tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """nginx with the README's server block, on a port of its own: the port, and what trusts its certificate."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if not program:
        pytest.skip("nginx is not on this machine: install Debian's package nginx")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    (tmp_path / "logs").mkdir()
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "site.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "site.key")
    port = free_port()
    server = snippets(site)["nginx"].replace("listen 443", f"listen 127.0.0.1:{port}")
    server = server.replace("127.0.0.1:8000", f"127.0.0.1:{systemd.port}").replace(
        "server_name example.com", "server_name localhost"
    )
    server = re.sub(r"/etc/ssl/example\.com\.(pem|key)", rf"{tmp_path}/site.\1", server)
    places = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; {places}\n{server}}}\n"
    )
    process = subprocess.Popen([program, "-p", tmp_path, "-c", tmp_path / "nginx.conf"])
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.05)
    yield port, trusting
    process.terminate()
    process.wait(30)


def visit(nginx: tuple[int, ssl.SSLContext], path: str = "/") -> http.client.HTTPResponse:
    connection = http.client.HTTPSConnection("localhost", nginx[0], context=nginx[1], timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_visitors_come_by_https_through_nginx(nginx: tuple[int, ssl.SSLContext]) -> None:
    response = visit(nginx)
    assert response.status == 200, "a redirect would mean that the site takes this for plain HTTP"
    assert response.headers["Strict-Transport-Security"]
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"]), "nginx's id, in the site's log too"


def test_a_restart_under_load_turns_nobody_away(nginx: tuple[int, ssl.SSLContext], systemd: Systemd) -> None:
    ended, statuses, failures = threading.Event(), [], []

    def keep_visiting() -> None:
        while not ended.is_set():
            try:
                statuses.append(visit(nginx).status)
            except OSError as error:
                failures.append(error)

    visitors = [threading.Thread(target=keep_visiting) for _ in range(4)]
    assert visit(nginx).status == 200
    for visitor in visitors:
        visitor.start()
    for _ in range(2):
        systemd.stop()
        systemd.start()
        before = len(statuses)
        for _ in range(600):
            if len(statuses) > before + 8:
                break
            time.sleep(0.05)
    ended.set()
    for visitor in visitors:
        visitor.join(60)
    assert failures == []
    assert set(statuses) == {200}
    assert systemd.log.read_text().count("Starting gunicorn") == 3
