"""The WSGI entry point. In `wsgi.py`, import `get_wsgi_application` from here instead of from `django.core.wsgi`."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.wsgi import get_wsgi_application as get_django_application

from .edge import StaticFilesEdge
from .learning import Application
from .manifest import ManifestError, hashed_files

logger = logging.getLogger("whitenoise_edge")


def get_wsgi_application() -> Application:
    """Return Django's WSGI application, wrapped so that requests for hashed files are answered before Django.

    Return Django's application itself during development (`DEBUG`, `WHITENOISE_AUTOREFRESH`, `WHITENOISE_USE_FINDERS`),
    where files may change at any time. Also return it, and log one warning, when the edge cannot be set up: the site
    is then served by WhiteNoise's middleware alone.
    """
    application: Application = get_django_application()
    if any(getattr(settings, name, False) for name in ("DEBUG", "WHITENOISE_AUTOREFRESH", "WHITENOISE_USE_FINDERS")):
        return application
    try:
        return StaticFilesEdge(application, hashed_files(settings), settings)
    except ManifestError as error:
        logger.warning("Static files are answered by Django alone: %s", error)
    except Exception:  # a site without the edge is better than no site
        logger.warning("Static files are answered by Django alone", exc_info=True)
    return application
