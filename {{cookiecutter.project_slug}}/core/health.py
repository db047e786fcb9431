"""Health checks: `/livez` answers while the process runs, `/readyz` checks database, cache and migrations too."""

import logging
import threading
import time
from collections.abc import Callable
from io import StringIO

from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

logger = logging.getLogger(__name__)

TIMEOUT = 3.0  # seconds; probes often wait for 5
SECONDS_VALID = 1.0  # how long a result is reused, so that many requests cost no more than one


class HealthCheckMiddleware:
    """Answer health checks before other middleware refuses them: probes use plain HTTP and an IP address as host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.readiness = Readiness()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in ("/livez", "/readyz"):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        healthy = request.path_info == "/livez" or self.readiness.is_ready()
        text, status = ("ok", 200) if healthy else ("unavailable", 503)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HttpResponse(text, status=status, content_type="text/plain", headers=headers)


class Readiness:
    """Whether the site can work. The check runs in a thread, so that a hanging database cannot block the answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._checked_at = float("-inf")
        self._ready = False
        self._migrated = False  # stays true: the code of a running process does not change

    def is_ready(self) -> bool:
        """Check, for at most ``TIMEOUT`` seconds."""
        with self._lock:
            if self._thread and self._thread.is_alive():
                return False  # the last check hangs; do not start another one
            if time.monotonic() - self._checked_at >= SECONDS_VALID:
                self._ready = False
                self._thread = threading.Thread(target=self._check, daemon=True)
                self._thread.start()
                self._thread.join(TIMEOUT)
                self._checked_at = time.monotonic()
            return self._ready

    def _check(self) -> None:
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT 1")
            if ping := getattr(cache, "ping", None):  # core.cache has one
                ping()
            if not self._migrated:
                call_command("migrate", check_unapplied=True, verbosity=0, stdout=StringIO())
            self._ready = self._migrated = True
        except SystemExit:  # from `migrate --check`
            logger.warning("Not ready: migrations are pending. Run manage.py migrate.")
        except Exception as error:  # noqa: BLE001 - any failure means that the site is not ready
            logger.warning("Not ready: %s", error)
        finally:
            connections.close_all()
