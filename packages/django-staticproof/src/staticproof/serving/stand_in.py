"""The storages that take the place of the site's own where the proof cannot use that: elsewhere, or failing."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

MANIFEST = {"BACKEND": "staticproof.serving.stand_in.ManifestStorage"}
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


class ManifestStorage(ManifestStaticFilesStorage):
    """Django's manifest storage, with one difference: a dead reference in a file does not stop the collection."""

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """Return the hashed name, or the name itself for a file that does not exist."""
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            return name
