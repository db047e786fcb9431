"""What every template knows of the site."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``site.name``, ``.description``, ``.author``, ``.domain`` and ``.url`` (without a final slash)."""
    return {
        "site": {
            "name": settings.SITE_NAME,
            "description": settings.SITE_DESCRIPTION,
            "author": settings.SITE_AUTHOR,
            "domain": settings.SITE_DOMAIN,
            "url": f"https://{settings.SITE_DOMAIN}",
        }
    }
