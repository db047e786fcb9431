"""The storages that the proof uses when the site's own storage is remote or fails."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

MANIFEST = {"BACKEND": "staticproof.serving.stand_in.ManifestStorage"}
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


class ManifestStorage(ManifestStaticFilesStorage):
    """Django's manifest storage, except that a reference to a missing file does not stop the collection."""

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """Return the hashed name, or the name itself for a file that does not exist."""
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            return name
