"""Log records with a request id, and mails to ADMINS that do not delay a response."""

import logging
import time
from contextvars import ContextVar
from threading import Lock, Thread
from typing import Any

from django.utils.log import AdminEmailHandler

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_MAILS = 60.0  # per process

request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdFilter(logging.Filter):
    """Add the id of the current request to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or None
        return True


class NotReadyFilter(logging.Filter):
    """Drop Django's error for each 503 of /readyz: core.health logs the reason."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return request is None or request.path_info != "/readyz"


class ThrottledAdminEmailHandler(AdminEmailHandler):
    """Send at most one mail a minute, in a thread: a mail server that is down must not slow down a broken page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mail_lock = Lock()
        self._last_mail = float("-inf")

    def send_mail(self, subject: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        with self._mail_lock:
            if time.monotonic() - self._last_mail < SECONDS_BETWEEN_MAILS:
                return
            self._last_mail = time.monotonic()
        Thread(target=self._send, args=(subject, message, *args), kwargs=kwargs, daemon=True).start()

    def _send(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().send_mail(*args, **kwargs)
        except OSError as error:  # the exceptions of smtplib are OSErrors too
            logger.warning("A mail to the administrators was not sent: %s", error)
