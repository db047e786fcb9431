"""The hashed files of a project, read from the manifest that `collectstatic` writes."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

MANIFEST = (
    "staticfiles.json"  # https://docs.djangoproject.com/en/stable/ref/contrib/staticfiles/#manifeststaticfilesstorage
)


class ManifestError(Exception):
    """The manifest cannot be used."""


def hashed_files(settings: Any) -> dict[str, str]:
    """Return the path on disk of each hashed file, by its URL path as WSGI's `PATH_INFO` has it.

    Only names that carry a hash are returned: their content never changes. The manifest has to be `staticfiles.json` in
    `STATIC_ROOT`, where Django's `ManifestStaticFilesStorage` puts it by default.

    Raises:
        ManifestError: there is no `STATIC_ROOT`, or no manifest in it, or it is not valid.
    """
    if not settings.STATIC_ROOT:
        raise ManifestError("STATIC_ROOT is not set")
    path = os.path.join(settings.STATIC_ROOT, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            names = dict(json.load(file)["paths"]).items()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ManifestError(f"{path} cannot be read ({error!r}). Run collectstatic with a manifest storage.") from error
    hashed = [hashed for name, hashed in names if hashed != name]
    return {
        # PEP 3333: a path is UTF-8, decoded as Latin-1.
        f"{prefix}{name}".encode().decode("latin-1"): os.path.join(settings.STATIC_ROOT, *name.split("/"))
        for prefix in _prefixes(settings)
        for name in hashed
    }


def _prefixes(settings: Any) -> set[str]:
    """Return the URL prefixes that static files may have. A wrong one does no harm: Django answers 404 for it."""
    prefix = urlsplit(settings.STATIC_URL or "").path
    prefixes = [getattr(settings, "WHITENOISE_STATIC_PREFIX", None) or prefix]
    if settings.FORCE_SCRIPT_NAME:
        prefixes.append(prefix.removeprefix(settings.FORCE_SCRIPT_NAME.rstrip("/")))
    return {f"/{prefix.strip('/')}/".replace("//", "/") for prefix in prefixes}
