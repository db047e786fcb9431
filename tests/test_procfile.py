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
