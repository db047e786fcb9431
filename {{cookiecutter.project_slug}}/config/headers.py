"""Security headers that Django has no setting for, and those of static files, which few middlewares see."""

from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.csp import CSP, build_policy

AMAZON = "https://s3.amazonaws.com"


class HeadersMiddleware:
    """Permissions-Policy and Cross-Origin-Resource-Policy, unless a view has set its own.

    And the headers of Django's security middleware, for the one answer that goes without: its own to a wrong host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY)
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


def store_origin(bucket: str, style: str, endpoint: str | None, region: str | None) -> str:
    """Where a browser finds the uploads of an S3-compatible store, for the policy to allow it.

    ``style``: "path", for a bucket that is named in the path; "virtual", for one that is a part of the host name.
    """
    host = urlsplit(endpoint) if endpoint else urlsplit(f"https://s3.{region}.amazonaws.com" if region else AMAZON)
    return f"{host.scheme}://{bucket}.{host.netloc}" if style == "virtual" else f"{host.scheme}://{host.netloc}"


def add_to_static_file(headers: Headers, path: str, url: str) -> None:
    """WhiteNoise calls this for each file (WHITENOISE_ADD_HEADERS_FUNCTION)."""
    for name, value in static_file_headers().items():
        headers[name] = value


@cache
def static_file_headers() -> dict[str, str]:
    """What a browser shows of a static file by itself, an SVG image say, obeys the policy of the pages, without nonce.

    Others may show the files: a mail in a webmail, a preview of a link. There is nothing secret in them.
    """
    return {
        str(CSP.HEADER_ENFORCE): build_policy(settings.SECURE_CSP),
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Permissions-Policy": settings.PERMISSIONS_POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
