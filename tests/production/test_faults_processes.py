"""Processes are killed, stopped and replaced while visitors use the site."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import Site

from production.load import TIMEOUT, running, wait_until
from production.sites import Production, production
from production.visitor import Visitor

SLOW = "/documents/slow/?seconds=0.4"
LAG = 0.5  # seconds between the SIGTERM of a server and the moment when a router notices it
THREADS = 8  # of the server: two workers with four threads each


@pytest.fixture
def server(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> Iterator[Production]:
    with production(owned, tmp_path, DATABASE_URL=sqlite(tmp_path)) as running:
        yield running


def replaced(server: Production, workers: list[int]) -> bool:
    """Return whether two workers run and both are new, so not in ``workers``."""
    _, now = server.gunicorn()
    return len(now) == 2 and not set(workers) & set(now)


def test_a_killed_worker_loses_only_its_own_requests(server: Production) -> None:
    with running(server.port, server.static) as load:
        load.wait_for_more()
        _, before = server.gunicorn()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: replaced(server, before[:1]))
        load.wait_for_more()
    lost = load.failures()
    assert len(lost) <= len(load.kinds), lost  # at most the one request that each visitor was waiting for
    assert all(result.status == 0 for result in lost), lost  # a closed connection, never an error page
    assert set(load.confirmed) <= Visitor(server.port).titles()


@pytest.mark.skipif(sys.platform != "linux", reason="counts sockets in Linux's /proc")
def test_a_stop_completes_the_requests_that_were_accepted(server: Production) -> None:
    """There are more requests than threads, so some of them wait for a thread when the stop begins."""
    clients = THREADS + 4

    def slow(_: int) -> int:
        return Visitor(server.port).get("/documents/slow/?seconds=2").status

    with ThreadPoolExecutor(clients) as pool:
        statuses = pool.map(slow, range(clients))
        wait_until(lambda: accepted(server.port) >= clients)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        assert list(statuses) == [200] * clients
    server.process.wait(TIMEOUT)
    assert "Traceback" not in server.log_text


def accepted(port: int) -> int:
    """Count the connections to this port that a process has accepted. Other connections have no inode yet."""
    lines = [line for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    established = [line.split() for line in lines if line.split()[3] == "01"]
    return sum(line[1].endswith(f":{port:04X}") and line[9] != "0" for line in established)


def test_a_reload_fails_no_request(server: Production) -> None:
    master, _ = server.gunicorn()
    with running(server.port, server.static, slow=SLOW) as load:
        load.wait_for_more()
        for _ in range(2):
            _, before = server.gunicorn()
            os.kill(master, signal.SIGHUP)
            wait_until(lambda before=before: replaced(server, before))  # type: ignore[misc]
        load.wait_for_more()
    assert not load.failures()
    assert set(load.confirmed) <= Visitor(server.port).titles()


def test_a_recycled_worker_fails_no_request(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> None:
    recycle = {"GUNICORN_CMD_ARGS": "--max-requests 30 --max-requests-jitter 5"}
    with production(owned, tmp_path, DATABASE_URL=sqlite(tmp_path), **recycle) as server:
        with running(server.port, server.static, slow=SLOW) as load:
            wait_until(lambda: server.log_text.count("Autorestarting") > 3)
        assert not load.failures()
        assert set(load.confirmed) <= Visitor(server.port).titles()


@pytest.mark.parametrize("notices", ["before the stop", "after the stop"])
def test_a_rolling_restart(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str], notices: str) -> None:
    """A new server starts, then the old one stops, as on a platform; the router notices before or after the stop.

    gunicorn keeps its listening socket open until its last request has ended, but accepts no more connections. It
    resets new connections instead of refusing them, so a router does not know whether to send the request again.
    """
    url = sqlite(tmp_path)
    with ExitStack() as stack:

        def start(number: int) -> Production:
            folder = tmp_path / str(number)
            folder.mkdir()
            return stack.enter_context(production(owned, folder, DATABASE_URL=url))

        known = [start(0)]
        with running(lambda: [server.port for server in known], known[0].static, slow=SLOW) as load:
            load.wait_for_more()
            known.append(start(1))
            old = known[0]
            if notices == "before the stop":
                known.pop(0)
                load.wait_for_more()  # wait until no visitor is about to connect to the old server
                old.process.send_signal(signal.SIGTERM)
            else:
                old.process.send_signal(signal.SIGTERM)
                time.sleep(LAG)
                known.pop(0)
            old.process.wait(TIMEOUT)
            noticed = time.monotonic()
            load.wait_for_more()
        failures = load.failures()
        if notices == "before the stop":
            assert not failures
        assert all(result.status == 0 and result.began < noticed for result in failures)  # never an error page
        assert set(load.confirmed) <= Visitor(known[0].port).titles()
