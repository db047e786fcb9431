"""Errors to Sentry, or to anything that speaks its protocol. Imported only where SENTRY_DSN is set."""

from typing import Any
from urllib.parse import urlsplit

import sentry_sdk


def report_errors(dsn: str) -> None:
    """Start reporting. SENTRY_ENVIRONMENT and SENTRY_RELEASE are read by the SDK itself."""
    sentry_sdk.init(
        dsn,
        send_default_pii=False,  # no cookies, no addresses, no user names
        max_request_body_size="never",  # forms hold what people type
        include_local_variables=False,  # variables hold passwords
        traces_sample_rate=0,  # errors only
        before_send=without_query,
    )


def without_query(event: Any, hint: Any) -> Any:
    """The event without the query strings of its request: tokens travel there."""
    request = event.get("request", {})
    request.pop("query_string", None)
    headers = request.get("headers", {})
    if "Referer" in headers:
        headers["Referer"] = urlsplit(headers["Referer"])._replace(query="").geturl()
    return event
