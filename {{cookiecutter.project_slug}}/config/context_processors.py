"""What every template knows of the site."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def website(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``website.name``, ``.description``, ``.author``, ``.domain`` and ``.url`` (no slash at its end).

    Not ``site``: the views of django.contrib.auth have a variable of that name, which would hide ours.
    """
    return {
        "website": {
            "name": settings.SITE_NAME,
            "description": settings.SITE_DESCRIPTION,
            "author": settings.SITE_AUTHOR,
            "domain": settings.SITE_DOMAIN,
            "url": f"https://{settings.SITE_DOMAIN}",
        }
    }
