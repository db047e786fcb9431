"""The web command of the Procfile serves the site as production does."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site
from servers import HTTPS, get, procfile


@pytest.fixture(scope="module")
def port(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with procfile(site, tmp_path_factory.mktemp("web") / "web.log") as (port, _):
        yield port


def test_the_home_page_and_every_static_file_that_it_names_are_served(port: int) -> None:
    response, body = get(port, "/")
    assert response.status == 200
    named = set(re.findall(rb'"(/static/[^"]+)"', body))
    assert len(named) >= 4
    for path in named:
        response, _ = get(port, path.decode(), HTTPS | {"Accept-Encoding": "br"})
        assert response.status == 200, path
        assert re.search(rb"\.[0-9a-f]{12}\.\w+$", path), f"{path!r} carries no hash"
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
        said = log.read_text()
        assert "Traceback" not in said
        assert "Shutting down" in said
        with pytest.raises(ConnectionRefusedError):
            get(port, "/")


def test_a_worker_that_is_recycled_fails_no_request(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    limits = "--max-requests 15 --max-requests-jitter 0 --workers 2"
    with procfile(site, log, GUNICORN_CMD_ARGS=limits) as (port, _):
        assert {get(port, "/")[0].status for _ in range(60)} == {200}
        assert log.read_text().count("Autorestarting worker") >= 2


def test_static_files_do_not_recycle_workers(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with procfile(site, log, GUNICORN_CMD_ARGS="--max-requests 15 --max-requests-jitter 0") as (port, _):
        for _ in range(60):
            get(port, "/static/css/site.css")
        assert "Autorestarting worker" not in log.read_text()


def test_gunicorn_keeps_no_log_of_requests_although_herokus_builder_asks_for_one(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with procfile(site, log, GUNICORN_CMD_ARGS="--access-logfile -") as (port, _):
        get(port, "/")
    assert "Listening at" in log.read_text()
    assert '"GET / HTTP' not in log.read_text()


@pytest.mark.parametrize(
    ("environment", "sender", "believed"),
    [
        ({}, "127.0.0.1", True),  # a proxy on the same machine
        ({}, "127.0.0.2", False),
        ({"FORWARDED_ALLOW_IPS": "127.0.0.2"}, "127.0.0.1", False),
        ({"FORWARDED_ALLOW_IPS": "192.0.2.1, 127.0.0.0/8"}, "127.0.0.2", True),
        ({"FORWARDED_ALLOW_IPS": "*", "WEB_CONCURRENCY": "02"}, "127.0.0.2", True),  # Heroku's classic builder
        ({"DYNO": "web.1"}, "127.0.0.2", True),  # its cloud-native one
    ],
)
def test_only_the_proxy_is_believed(
    site: Site, tmp_path: Path, environment: dict[str, str], sender: str, believed: bool
) -> None:
    with procfile(site, tmp_path / "web.log", **environment) as (port, _):
        assert get(port, "/", sender=sender)[0].status == (200 if believed else 301)
        # Headers of a visitor that a proxy may hand on: neither HTTPS nor another path, and no failure.
        forged = {"Host": "localhost", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}
        assert get(port, "/", forged, sender=sender)[0].status == 301
        paths = HTTPS | {"SCRIPT_NAME": "/x", "PATH_INFO": "/admin/"}
        assert get(port, "/about/", paths, sender=sender)[0].status == (200 if believed else 301)


def test_no_connection_of_the_loading_process_reaches_a_worker(copy: Site, tmp_path: Path) -> None:
    """An app that asks the database while it is loaded: each worker would speak on that same connection."""
    with (copy.path / "config" / "wsgi.py").open("a") as wsgi:
        wsgi.write(
            "\nfrom django.db import connection\n\nconnection.ensure_connection()\nopened = connection.connection\n"
        )
    with (copy.path / "gunicorn.conf.py").open("a") as conf:
        conf.write(
            "\n\ndef post_worker_init(worker):\n    from config import wsgi\n\n"
            '    print("a connection has come along:", wsgi.connection.connection is not None)\n'
        )
    assert copy.manage("migrate", "--no-input").returncode == 0
    log = tmp_path / "web.log"
    with procfile(copy, log) as (port, _):
        assert get(port, "/")[0].status == 200
    assert "a connection has come along: False" in log.read_text()
    assert "a connection has come along: True" not in log.read_text()


def test_the_workers_collect_garbage_and_leave_alone_what_was_loaded_before_them(copy: Site, tmp_path: Path) -> None:
    """After a reload too: gunicorn then reads its configuration again, which switches the collector off."""
    with (copy.path / "gunicorn.conf.py").open("a") as conf:
        conf.write(
            "\n\ndef post_worker_init(worker):\n    frozen = gc.get_freeze_count() > 10 * len(gc.get_objects())\n\n"
            '    print("collects:", gc.isenabled(), "frozen:", frozen)\n'
        )
    log = tmp_path / "web.log"
    with procfile(copy, log, WEB_CONCURRENCY="1") as (port, _):
        assert get(port, "/")[0].status == 200
        os.kill(int(re.findall(r"Listening at: .* \((\d+)\)", log.read_text())[0]), signal.SIGHUP)
        for _ in range(100):
            if log.read_text().count("collects:") > 1:
                break
            time.sleep(0.1)
    said = log.read_text()
    assert said.count("collects: True frozen: True") == said.count("collects:") > 1, said
