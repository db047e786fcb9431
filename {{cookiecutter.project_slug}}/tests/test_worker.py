"""The worker keeps those who send slowly away from the threads."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

pytest.importorskip("fcntl", reason="gunicorn does not run on Windows")

from config import worker
from config.worker import FIRST_PART, Worker, ready
from tests.loop import Loop

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        b"\r\n" + WHOLE,
        HEAD + b"Content-Length: 3\r\n\r\na=b",
        HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        HEAD + b"Content-Length: 999999\r\n\r\n" + b"a" * FIRST_PART,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n" + b"a" * FIRST_PART,
        b"GET / HTTP/1.1\nHost: localhost\n",
        b"a" * FIRST_PART,
    ],
)
def test_a_thread_can_begin(data: bytes) -> None:
    assert ready(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r",
        b"GET / HT",
        HEAD,
        HEAD + b"Content-Length: 3\r\n\r\na=",
        HEAD + b"Content-Length: 999999\r\n\r\na=",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=",
    ],
)
def test_a_thread_would_have_to_wait(data: bytes) -> None:
    assert not ready(data)


@pytest.fixture
def waiting() -> Iterator[Loop]:
    waiting = Loop(Worker)
    yield waiting
    waiting.close()


def test_a_request_waits_beside_the_threads_until_it_is_there(waiting: Loop) -> None:
    client = waiting.connect()
    for part in (b"", WHOLE[:5], WHOLE[5:20]):
        client.sendall(part)
        waiting.turn()
        assert not waiting.threads.given
        assert len(waiting.worker.pending_conns) == 1
    client.sendall(WHOLE[20:])
    waiting.turn()
    assert len(waiting.threads.given) == 1
    assert not waiting.worker.pending_conns


def test_a_connection_has_more_than_one_request(waiting: Loop) -> None:
    waiting.connect().sendall(WHOLE * 2)
    waiting.turn()
    conn = waiting.threads.given[0]
    conn.initialized = True
    waiting.worker.enqueue_req(conn)
    assert waiting.threads.given == [conn, conn]


def test_who_takes_too_long_is_let_go(waiting: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", -1.0)
    client = waiting.connect()
    waiting.turn()
    assert client.recv(1) == b""
    assert not waiting.threads.given
    assert waiting.worker.nr_conns == 0


def test_a_thread_begins_at_once_where_gunicorn_itself_speaks_tls(waiting: Loop) -> None:
    """What has come is a part of the handshake then."""
    waiting.worker.cfg.set("certfile", __file__)
    waiting.connect()
    waiting.turn()
    assert len(waiting.threads.given) == 1


def test_who_has_left_waits_no_longer(waiting: Loop) -> None:
    client = waiting.connect()
    client.sendall(WHOLE[:5])
    waiting.turn()
    client.close()
    waiting.turn()
    assert len(waiting.threads.given) == 1  # the thread sees that nothing follows


def test_a_broken_connection_waits_no_longer(waiting: Loop) -> None:
    client = waiting.connect()
    waiting.turn()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closing it is a reset
    client.close()
    waiting.turn()
    assert len(waiting.threads.given) == 1


ANOTHER = 1  # the place of another process


@pytest.fixture
def another() -> Iterator[memoryview]:
    """A place in the shared memory, where another process says how many connections it has."""
    place = worker.shares[ANOTHER : ANOTHER + 1]
    yield place
    place[0] = -1


def taken(waiting: Loop) -> int:
    """How many connections the worker has, when as many try as it would take."""
    for _ in range(3):
        waiting.connect()
        waiting.worker.set_accept_enabled(True)  # as gunicorn's loop does each time
        waiting.turn()
    return int(waiting.worker.nr_conns)


def test_who_has_more_connections_than_another_leaves_the_next_to_it(
    waiting: Loop, another: memoryview, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GRANTED", 60.0)
    for has, takes in ((0, 1), (1, 2), (2, 3), (2, 3)):
        another[0] = has
        assert taken(waiting) == takes


def test_who_is_alone_takes_them_all(waiting: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRANTED", 60.0)
    assert taken(waiting) == 3


def test_who_has_far_more_lets_some_go(waiting: Loop, another: memoryview) -> None:
    for _ in range(3):
        taken(waiting)
    usual = waiting.worker.max_keepalived
    for has, kept in ((0, 0), (4, 0), (5, usual), (30, usual)):
        another[0] = has
        waiting.turn()
        assert waiting.worker.max_keepalived == kept
    assert usual > 0


def test_another_that_does_not_come_is_not_waited_for(
    waiting: Loop, another: memoryview, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GRANTED", 0.0)
    another[0] = 0
    assert taken(waiting) == 3


def test_who_takes_no_more_is_no_longer_counted(waiting: Loop) -> None:
    taken(waiting)
    assert worker.shares[0] == 3
    waiting.worker.handle_exit(15, None)
    waiting.turn()
    assert worker.shares[0] == -1


def test_who_stops_takes_connections_until_none_comes(waiting: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "QUIET", 0.1)
    waiting.worker.handle_exit(15, None)
    waiting.worker.handle_exit(15, None)  # platforms say it twice at times
    waiting.connect().sendall(WHOLE)
    waiting.turn()
    assert waiting.threads.given
    assert waiting.worker.alive
    assert waiting.worker.max_keepalived == 0
    waiting.turn()
    waiting.turn()
    assert not waiting.worker.alive


def test_who_stops_does_not_go_on_for_ever(waiting: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LONGEST", 0.0)
    waiting.worker.handle_exit(15, None)
    waiting.connect()
    waiting.turn()
    assert not waiting.worker.alive


def test_on_the_way_out_the_port_is_closed_and_nobody_in_the_queue_is_lost(waiting: Loop) -> None:
    early, late = waiting.connect(), waiting.connect()
    early.sendall(WHOLE)
    waiting.turn()
    late.sendall(WHOLE)
    waiting.worker.alive = False
    waiting.worker.set_accept_enabled(False)
    assert len(waiting.threads.given) == 2
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(early.getpeername())


def test_on_the_way_out_silent_connections_are_not_waited_for(waiting: Loop) -> None:
    waiting.connect()
    waiting.turn()
    conn = waiting.worker.pending_conns[0]
    before = conn.timeout
    with contextlib.closing(conn):
        waiting.worker._cap_keepalive(0)
        assert conn.timeout < before
