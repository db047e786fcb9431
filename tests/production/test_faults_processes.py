"""Processes that die, stop and are replaced while visitors are there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import Site

from production.load import running, until
from production.sites import Production, production
from production.visitor import Visitor

EDGE = ("static", "live")
SLOW = "/documents/slow/?seconds=0.4"
LAG = 0.5  # seconds in which a router still sends requests to a server that is stopping
THREADS = 8  # that answer: two workers with four threads each


@pytest.fixture
def server(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> Iterator[Production]:
    with production(owned, tmp_path, DATABASE_URL=sqlite(tmp_path)) as running:
        yield running


def slow(port: int, seconds: float) -> tuple[int, str]:
    answer = Visitor(port).get(f"/documents/slow/?seconds={seconds}")
    return answer.status, answer.text


def saved(port: int) -> set[str]:
    return set(Visitor(port).get("/documents/titles/").json)


def test_a_killed_worker_takes_its_own_requests_along_and_nothing_else(server: Production) -> None:
    with running(server.port, server.static) as load:
        time.sleep(1)
        _, before = server.gunicorn()
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(server.gunicorn()[1]) == 2 and before[0] not in server.gunicorn()[1])
        time.sleep(0.5)
    kinds = ("static", "live", "home", "titles", "add")
    lost = load.failures(*kinds)
    assert len(lost) <= len(kinds), lost  # those under way at the moment, at most one of each thread
    assert all(result.status == 0 for result in lost), lost  # cut off, never an error page
    for kind in kinds:
        assert load.statuses(kind)[200 if kind != "add" else 201] > 5, load.statuses(kind)
    assert set(load.confirmed) <= saved(server.port)


@pytest.mark.parametrize("clients", [THREADS, THREADS + 4], ids=["all threads", "more than there are threads"])
def test_no_request_is_cut_by_a_stop(server: Production, clients: int) -> None:
    with ThreadPoolExecutor(clients) as pool:
        requests = [pool.submit(slow, server.port, 1.5) for _ in range(clients)]
        time.sleep(0.7)  # all of them have been taken
        server.process.send_signal(signal.SIGTERM)
        assert [request.result()[0] for request in requests] == [200] * clients
    server.process.wait(20)
    assert "Traceback" not in server.said


def test_a_reload_fails_no_request(server: Production) -> None:
    master, before = server.gunicorn()
    with running(server.port, server.static, slow=SLOW) as load:
        time.sleep(0.5)
        for _ in range(2):
            os.kill(master, signal.SIGHUP)
            time.sleep(1)
        until(lambda: len(server.gunicorn()[1]) == 2)
    assert not set(before) & set(server.gunicorn()[1])
    assert not load.failures(*EDGE, "home", "titles", "add", "slow"), load.failures(*EDGE, "home", "titles", "add")
    assert set(load.confirmed) <= saved(server.port)


def test_recycling_a_worker_fails_no_request(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> None:
    recycle = {"GUNICORN_CMD_ARGS": "--max-requests 30 --max-requests-jitter 5"}
    with production(owned, tmp_path, DATABASE_URL=sqlite(tmp_path), **recycle) as server:
        with running(server.port, server.static, slow=SLOW) as load:
            until(lambda: server.said.count("Autorestarting") > 3)
        assert not load.failures(*EDGE, "home", "titles", "add", "slow"), load.failures(*EDGE, "home", "add", "slow")
        assert set(load.confirmed) <= saved(server.port)


def test_a_rolling_restart_fails_no_request(owned: Site, tmp_path: Path, sqlite: Callable[[Path], str]) -> None:
    """As platforms do it: the new one starts, then the old one is told to stop, and the router learns of it late."""
    url = sqlite(tmp_path)
    with ExitStack() as stack:

        def start(number: int) -> Production:
            folder = tmp_path / str(number)
            folder.mkdir()
            return stack.enter_context(production(owned, folder, DATABASE_URL=url))

        known = [start(0)]
        with running(lambda: [server.port for server in known], known[0].static, slow=SLOW) as load:
            for number in (1, 2):
                time.sleep(0.5)
                known.append(start(number))
                old = known[0]
                old.process.send_signal(signal.SIGTERM)
                time.sleep(LAG)
                known.pop(0)
                old.process.wait(20)
            time.sleep(0.5)
        assert not load.failures(*EDGE, "home", "titles", "add", "slow"), load.failures(*EDGE, "add", "slow", "home")
        assert set(load.confirmed) <= saved(known[0].port)
        assert len(load.confirmed) > 10
