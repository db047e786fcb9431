"""The web command of the Procfile serves the site as production does."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site
from servers import HTTPS, get, procfile


@pytest.fixture(scope="module")
def port(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with procfile(site, tmp_path_factory.mktemp("web") / "web.log") as (port, _):
        yield port


def test_the_home_page_and_each_of_its_static_files_are_served(port: int) -> None:
    response, body = get(port, "/")
    assert response.status == 200
    named = set(re.findall(rb'"(/static/[^"]+)"', body))
    assert len(named) >= 4
    for path in named:
        response, _ = get(port, path.decode(), HTTPS | {"Accept-Encoding": "br"})
        assert response.status == 200, path
        assert re.search(rb"\.[0-9a-f]{12}\.\w+$", path), f"{path!r} has no hash"
        assert "immutable" in response.headers["Cache-Control"]
        if path.endswith((b".css", b".js", b".svg")):
            assert response.headers["Content-Encoding"] == "br", path


def test_a_missing_static_file_is_not_found(port: int) -> None:
    response, _ = get(port, "/static/missing.css")
    assert response.status == 404


def test_plain_http_is_redirected(port: int) -> None:
    response, _ = get(port, "/", {"Host": "localhost"})
    assert response.status == 301
    assert response.headers["Location"] == "https://localhost/"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly(site: Site, tmp_path: Path, ending: signal.Signals) -> None:
    log = tmp_path / "web.log"
    with procfile(site, log) as (port, process):
        assert get(port, "/")[0].status == 200
        if ending is signal.SIGINT:
            os.killpg(process.pid, ending)  # Ctrl-C reaches every process of the terminal
        else:
            process.send_signal(ending)
        process.wait(30)
        text = log.read_text()
        assert "Traceback" not in text
        assert "Shutting down" in text
        with pytest.raises(ConnectionRefusedError):
            get(port, "/")


def test_restarting_a_worker_fails_no_request(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    limits = "--max-requests 15 --max-requests-jitter 0 --workers 2"
    with procfile(site, log, GUNICORN_CMD_ARGS=limits) as (port, _):
        assert {get(port, "/")[0].status for _ in range(60)} == {200}
        assert log.read_text().count("Autorestarting worker") >= 2


@pytest.mark.parametrize(
    ("environment", "sender", "trusted"),
    [
        ({}, "127.0.0.1", True),  # a proxy on the same machine
        ({}, "127.0.0.2", False),
        ({"FORWARDED_ALLOW_IPS": "127.0.0.2"}, "127.0.0.1", False),
        ({"FORWARDED_ALLOW_IPS": "192.0.2.1, 127.0.0.0/8"}, "127.0.0.2", True),
        ({"FORWARDED_ALLOW_IPS": "*", "WEB_CONCURRENCY": "02"}, "127.0.0.2", True),  # Heroku's classic builder
        ({"DYNO": "web.1"}, "127.0.0.2", True),  # its cloud-native one
    ],
)
def test_only_the_proxy_is_trusted(
    site: Site, tmp_path: Path, environment: dict[str, str], sender: str, trusted: bool
) -> None:
    with procfile(site, tmp_path / "web.log", **environment) as (port, _):
        assert get(port, "/", sender=sender)[0].status == (200 if trusted else 301)
        # A proxy may pass on these headers of a visitor. They must not change the scheme or the path.
        forged = {"Host": "localhost", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}
        assert get(port, "/", forged, sender=sender)[0].status == 301
        paths = HTTPS | {"SCRIPT_NAME": "/x", "PATH_INFO": "/admin/"}
        assert get(port, "/about/", paths, sender=sender)[0].status == (200 if trusted else 301)


def test_workers_do_not_share_a_database_connection(copy: Site, tmp_path: Path) -> None:
    """An app queries the database while it is loaded, before the workers are forked."""
    with (copy.path / "config" / "wsgi.py").open("a") as wsgi:
        wsgi.write("\nfrom django.db import connection\n\nconnection.ensure_connection()\n")
    with (copy.path / "gunicorn.conf.py").open("a") as conf:
        conf.write(
            "\n\ndef post_worker_init(worker):\n    from config import wsgi\n\n"
            '    print("inherited a connection:", wsgi.connection.connection is not None)\n'
        )
    assert copy.manage("migrate", "--no-input").returncode == 0
    log = tmp_path / "web.log"
    with procfile(copy, log) as (port, _):
        assert get(port, "/")[0].status == 200
    assert "inherited a connection: False" in log.read_text()
    assert "inherited a connection: True" not in log.read_text()
