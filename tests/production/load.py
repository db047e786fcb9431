"""Requests that keep running while a part of the site fails, and the result of each."""

from __future__ import annotations

import collections
import contextlib
import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from production.visitor import Visitor

KINDS = ("static", "live", "home", "titles", "add")
PAUSE = 0.02  # seconds between two requests of one kind, so that the server gets most of the processor time
TIMEOUT = 120.0  # seconds after which a test gives up; a working site is faster, even on a busy machine


class Result(NamedTuple):
    """One request: its kind, its beginning and end (monotonic), and its status; 0 without a complete answer."""

    kind: str
    began: float
    ended: float
    status: int
    note: str


@dataclass
class Load:
    """The results of all requests. ``confirmed`` are the titles that the server has confirmed as saved."""

    kinds: tuple[str, ...]
    results: list[Result] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)

    def statuses(self, kind: str, since: float = 0, until: float = float("inf")) -> dict[int, int]:
        """Count the statuses of the requests that began and ended between these moments."""
        return dict(
            collections.Counter(
                result.status
                for result in self.results.copy()
                if result.kind == kind and since <= result.began and result.ended <= until
            )
        )

    def failures(self, *kinds: str) -> list[Result]:
        """Return the results with a status other than 200 and 201, of these kinds or of all."""
        wanted = kinds or self.kinds
        return [result for result in self.results.copy() if result.kind in wanted and result.status not in {200, 201}]

    def wait_for_more(self, *kinds: str, count: int = 5) -> None:
        """Wait until ``count`` more requests of each kind began and ended; without ``kinds``, of all kinds."""
        now = time.monotonic()
        wait_until(lambda: all(sum(self.statuses(kind, now).values()) >= count for kind in kinds or self.kinds))


@contextlib.contextmanager
def running(port: int | Callable[[], list[int]], static: str, *, pause: float = PAUSE, **more: str) -> Iterator[Load]:
    """Send requests of five kinds, each in a thread of its own, until the block ends.

    The kinds are: a static file, the liveness probe, the home page, a page from the database, and a document that is
    added. ``more`` names further kinds and the path that each of them requests. ``port`` may be a function that returns
    the ports that a router currently knows: when one refuses the connection, the next one is tried.
    """
    paths = {"static": static, "live": "/livez", "home": "/", "titles": "/documents/titles/"} | more
    load, ended = Load((*paths, "add")), threading.Event()
    numbers = itertools.count()

    def repeat(kind: str) -> None:
        while not ended.wait(pause):
            began = time.monotonic()
            status, note = 0, ""
            try:
                first, *others = [port] if isinstance(port, int) else port()
                visitor = Visitor(first, others=others)
                if kind == "add":
                    title = f"{threading.get_ident()}-{next(numbers)}"
                    answer = visitor.post("/documents/add/", {"title": title})
                    if answer.status == 201:
                        load.confirmed.append(title)
                else:
                    answer = visitor.get(paths[kind])
                status = answer.status
            except (OSError, http.client.HTTPException) as error:
                note = repr(error)
            load.results.append(Result(kind, began, time.monotonic(), status, note))

    threads = [threading.Thread(target=repeat, args=[kind], daemon=True) for kind in load.kinds]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        ended.set()
        for thread in threads:
            thread.join(TIMEOUT)


def wait_until(condition: Callable[[], bool], seconds: float = TIMEOUT) -> None:
    """Wait until a condition is true. A connection error counts as false.

    Raises:
        AssertionError: the condition is still false after ``seconds``.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return
        time.sleep(0.05)
    raise AssertionError(f"{condition} is not true after {seconds:.0f} seconds")
