"""Two questions of routers and schedulers, answered before anything else: is the process alive, is the site ready?

`/livez` touches nothing. `/readyz` asks the database, the shared cache and whether migrations are pending. Both answer
under any Host header and without TLS, as probes come by address, and stay out of the log of requests.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.core.cache import caches
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

logger = logging.getLogger(__name__)

LIVE, READY = "/livez", "/readyz"
DEADLINE = 3.0  # seconds; a probe's own patience is often 5
FRESH = 1.0  # seconds for which an answer holds: strangers who ask often cost no more


class HealthMiddleware:
    """The first middleware: nothing before it may fail, redirect or log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.ready = Readiness()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in (LIVE, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        well = request.path_info == LIVE or self.ready()
        text = "ok" if well else "unavailable"
        headers = {"Cache-Control": "no-store", "Content-Length": str(len(text)), "X-Content-Type-Options": "nosniff"}
        response = HttpResponse(text, status=200 if well else 503, content_type="text/plain", headers=headers)
        response._has_been_logged = True  # type: ignore[attr-defined] # else Django logs each 503 as an error
        return response


class Readiness:
    """Whether the site can do its work, found out in a thread of its own: what hangs there cannot hang an answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._probe: threading.Thread | None = None
        self._asked = float("-inf")
        self._well = False
        self._migrated = False  # for good: the code of a running process does not change

    def __call__(self) -> bool:
        """Ask, and wait ``DEADLINE`` seconds at most."""
        with self._lock:
            if self._probe and self._probe.is_alive():
                return False  # it hangs: there is no need for a second one
            if time.monotonic() - self._asked >= FRESH:
                self._well = False
                self._probe = threading.Thread(target=self._find_out, daemon=True)
                self._probe.start()
                self._probe.join(DEADLINE)
                self._asked = time.monotonic()
            return self._well

    def _find_out(self) -> None:
        try:
            for connection in connections.all():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            self._migrated = self._migrated or not pending_migrations()
            for cache in caches.all(initialized_only=False):
                if ping := getattr(cache, "ping", None):
                    ping()
            if not self._migrated:
                logger.warning("Not ready: migrations are pending. Run manage.py migrate.")
            self._well = self._migrated
        except Exception as error:  # noqa: BLE001 - whatever it is, the site is not ready
            logger.warning("Not ready: %s", error)
        finally:
            connections.close_all()


def pending_migrations() -> bool:
    """Whether a database lacks a migration that the code has."""
    executors = [MigrationExecutor(connection) for connection in connections.all()]
    return any(executor.migration_plan(executor.loader.graph.leaf_nodes()) for executor in executors)
