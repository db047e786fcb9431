"""The site's own middleware, before all others: a request id, the log of requests, and headers that Django lacks."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from core.logs import request_id

logger = logging.getLogger("core.requests")

# Routers send letters, digits and the punctuation of UUIDs and Base64. Heroku accepts up to 200 characters.
VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._+/=-]{1,200}")


class RequestMiddleware:
    """Set the request id, log the request, and add headers that the response lacks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        from_router = request.META.get("HTTP_X_REQUEST_ID", "")
        current_id = from_router if VALID_REQUEST_ID.fullmatch(from_router) else str(uuid.uuid4())
        token = request_id.set(current_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = current_id
            response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            if "Cache-Control" not in response.headers:
                response.headers["Cache-Control"] = cache_control(request, response)
            # No query string and no token of a password reset: they are secrets.
            secret = request.resolver_match.kwargs.get("token") if request.resolver_match else None
            path = request.path.replace(secret, "[token]") if secret else request.path
            fields = {"method": request.method, "path": path, "status": response.status_code}
            duration = round((time.perf_counter() - started) * 1000, 1)
            if not path.startswith("/static/"):  # whitenoise-edge answers most of these before Django
                logger.info("%(method)s %(path)s %(status)s", fields, extra={**fields, "duration_ms": duration})
            return response
        finally:
            request_id.reset(token)


def cache_control(request: HttpRequest, response: HttpResponseBase) -> str:
    """Return the Cache-Control header for a view that sets none.

    Shared caches store no page, as each has a nonce of its own. Browsers check their copy before each use, and keep no
    page of a signed-in visitor: the next person at the same browser could go back to it.
    """
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return "private, no-store" if has_session and is_page else "private, no-cache"
