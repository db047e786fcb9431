"""Requests that keep running while something breaks, and what became of each."""

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

PAUSE = 0.02  # seconds between two requests of one kind: steady, and most of the machine is left to the server


class Result(NamedTuple):
    """One request: its kind, when it began and ended (monotonic), and its status; 0 when no whole answer came."""

    kind: str
    began: float
    ended: float
    status: int
    note: str


@dataclass
class Load:
    """What visitors do. ``confirmed`` are the titles whose saving the server has confirmed."""

    results: list[Result] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)

    def statuses(self, kind: str, since: float = 0, until: float = float("inf")) -> dict[int, int]:
        """How often each status was the answer, among the requests that began within these moments."""
        return dict(
            collections.Counter(
                result.status for result in self.results if result.kind == kind and since <= result.began <= until
            )
        )

    def failures(self, *kinds: str, since: float = 0) -> list[Result]:
        wanted = (result for result in self.results if result.kind in kinds and result.began >= since)
        return [result for result in wanted if result.status not in {200, 201}]

    def slowest(self, *kinds: str) -> float:
        return max(result.ended - result.began for result in self.results if result.kind in kinds)


@contextlib.contextmanager
def running(port: int | Callable[[], list[int]], static: str, *, pause: float = PAUSE, **more: str) -> Iterator[Load]:
    """Requests of five kinds, each in a thread of its own, until the block ends.

    They are: a static file, the liveness, the home page, a page from the database, and a document that is added.
    ``more`` names further kinds with the path that each gets. ``port`` may be a function that says which servers a
    router knows of at the moment: it takes the next of them where the connection is refused, as nothing is sent yet.
    """
    load, ended = Load(), threading.Event()
    numbers = itertools.count()
    paths = {"static": static, "live": "/livez", "home": "/", "titles": "/documents/titles/"} | more

    def repeat(kind: str) -> None:
        while not ended.wait(pause):
            began = time.monotonic()
            status, note = 0, ""
            try:
                first, *others = [port] if isinstance(port, int) else port()
                visitor = Visitor(first, others=others, timeout=15)
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

    threads = [threading.Thread(target=repeat, args=[kind], daemon=True) for kind in [*paths, "add"]]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        ended.set()
        for thread in threads:
            thread.join(30)


def until(condition: Callable[[], bool], seconds: float = 20) -> float:
    """Wait for a condition, asking often; the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"{condition} does not hold after {seconds:.0f} seconds")
