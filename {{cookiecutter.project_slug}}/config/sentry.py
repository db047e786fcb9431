"""Errors to Sentry, or to anything that speaks its protocol. Imported only where SENTRY_DSN is set."""

import sentry_sdk


def report_errors(dsn: str) -> None:
    """Start reporting errors, and nothing that people sent. The SDK reads SENTRY_ENVIRONMENT and SENTRY_RELEASE."""
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
        traces_sample_rate=0,
    )
