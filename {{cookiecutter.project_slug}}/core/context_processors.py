"""Variables that every template has."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from config.environment import EXAMPLE_DOMAIN


def website(request: HttpRequest) -> dict[str, Any]:
    """Return ``website``. Its name is not ``site``, as the views of django.contrib.auth set such a variable."""
    return {
        "website": {
            "name": settings.SITE_NAME,
            "description": settings.SITE_DESCRIPTION,
            "author": settings.SITE_AUTHOR,
            "url": site_url(request),
            "debug": settings.DEBUG,
        }
    }


def site_url(request: HttpRequest) -> str:
    """Return the scheme and host of the site: in development, and while SITE_DOMAIN is the example, the request's."""
    if settings.DEBUG or settings.SITE_DOMAIN == EXAMPLE_DOMAIN:
        with suppress(DisallowedHost):  # the page that reports a foreign host has the same context
            return f"{request.scheme}://{request.get_host()}"
    return f"https://{settings.SITE_DOMAIN}"
