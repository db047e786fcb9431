"""The log: one JSON object a line in production, and a line for each request that reaches Django.

No line holds a query string, a header, a cookie or a body: secrets travel there.
"""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject, empty
from django.utils.log import AdminEmailHandler

logger = logging.getLogger(__name__)
requests = logging.getLogger("config.requests")

request_id: ContextVar[str] = ContextVar("request_id", default="")
# What routers send: letters, digits and the marks of UUIDs, Base64 and the like, and no more than Heroku takes.
REQUEST_ID = re.compile(r"[A-Za-z0-9._+/=-]{1,200}")
ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)  # json.dumps would make one for each line
PAUSE = 60.0  # seconds between two mails of one process


class RequestLogMiddleware:
    """Gives each request an id, the router's where there is one, and logs how it ended. The answer carries the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # `request.headers` would make a dictionary of all of them
        identity = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        token = request_id.set(identity)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = identity
            fields = {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": round((time.perf_counter() - began) * 1000, 1),
                "user_id": known_user(request),
            }
            if "REMOTE_ADDR" in request.META:  # else the process asks itself, when it starts
                requests.info("%(method)s %(path)s %(status)s", fields, extra={"fields": fields})
            return response
        finally:
            request_id.reset(token)


def known_user(request: HttpRequest) -> str | None:
    """Who is signed in, if this request has found out: asking here would cost a query, and could fail."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user._wrapped is empty:
        return None
    return str(user.pk) if user is not None and user.pk is not None else None


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the request's id, and what a record adds."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get() or None,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = self.formatStack(record.stack_info)
        return ENCODER.encode(entry)


class PatientAdminEmailHandler(AdminEmailHandler):
    """Mails a failure to ADMINS without making the visitor wait for the mail server, and not one mail a visitor.

    A mail that is not sent is no loss: the log has the failure.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = Lock()
        self._last = float("-inf")

    def send_mail(self, subject: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        with self._turn:
            if time.monotonic() - self._last < PAUSE:
                return
            self._last = time.monotonic()
        Thread(target=self._send, args=(subject, message, *args), kwargs=kwargs, daemon=True).start()

    def _send(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().send_mail(*args, **kwargs)
        except OSError as error:  # smtplib's exceptions are OSErrors too
            logger.warning("A mail to the administrators was not sent: %s", error)
