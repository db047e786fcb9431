"""Reports errors to Sentry. The settings import this module only if SENTRY_DSN is set, as the SDK is large."""

import sentry_sdk


def report_errors(dsn: str) -> None:
    """Report errors without personal data. The SDK reads SENTRY_ENVIRONMENT and SENTRY_RELEASE."""
    sentry_sdk.init(
        dsn,
        data_collection={
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "allowlist", "terms": ["accept", "content-type", "user-agent"]}},
            "http_bodies": [],
            "url_query_params": {"mode": "off"},
            "stack_frame_variables": False,
            "database_query_data": False,
        },
    )
