"""Connections that come at once and stay, as a proxy's do, are shared among gunicorn's processes."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import sys
from pathlib import Path

import pytest
from conftest import Site
from servers import HTTPS, procfile

from production.load import until

MANY = 64
FEW = 20  # of these, for the process that has the fewest


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def workers(pid: int) -> list[int]:
    """The processes at the end of the line: gunicorn's, below its first one, below the process manager."""
    below = children(pid)
    return [worker for child in below for worker in workers(child)] if below else [pid]


def sockets(pid: int) -> int:
    found = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="counts sockets in Linux's /proc")
def test_each_process_gets_its_share(site: Site, tmp_path: Path) -> None:
    with procfile(site, tmp_path / "web.log", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3") as (port, web):
        until(lambda: len(workers(web.pid)) == 2)
        running = workers(web.pid)
        before = {pid: sockets(pid) for pid in running}
        connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(MANY)]
        for connection in connections:
            connection.connect()
        for connection in connections:
            connection.request("GET", "/livez", headers=HTTPS)
        for connection in connections:
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"ok")
        shares = [sockets(pid) - before[pid] for pid in running]
        for connection in connections:
            connection.close()
    assert sum(shares) == MANY
    assert min(shares) >= FEW


@pytest.mark.skipif(sys.platform != "linux", reason="counts sockets in Linux's /proc")
def test_a_process_that_begins_gets_a_share_of_what_is_there(site: Site, tmp_path: Path) -> None:
    """When one ends, its clients connect to the other at once; the new one must not stand by until they leave."""
    options = {"GUNICORN_CMD_ARGS": "--max-requests 0", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    with procfile(site, tmp_path / "web.log", **options) as (port, web):
        until(lambda: len(workers(web.pid)) == 2)
        clients = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(MANY)]

        def asked() -> bool:
            """All ask once more; who was let go, or cut off, connects again."""
            for client in clients:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    client.request("GET", "/livez", headers=HTTPS)
                    client.getresponse().read()
                    continue
                client.close()
            return False

        asked()
        one, other = workers(web.pid)
        first = int(Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(first, signal.SIGSTOP)  # no new one until they have come to the other
        os.kill(one, signal.SIGKILL)
        until(lambda: asked() or sockets(other) > MANY // 2 + FEW // 2)
        os.kill(first, signal.SIGCONT)

        def shared() -> bool:
            asked()
            return min(sockets(pid) for pid in workers(web.pid)) >= FEW

        until(shared)
        assert len(workers(web.pid)) == 2
        for client in clients:
            client.close()
