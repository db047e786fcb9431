"""WhiteNoise's storage, made incremental: it writes the same files, and nothing twice.

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise_edge.storage.CompressedManifestStaticFilesStorage"},
}
"""

from __future__ import annotations

import logging

from whitenoise.storage import CompressedManifestStaticFilesStorage as WhiteNoiseStorage

from .collecting.incremental import IncrementalStorage
from .collecting.interfaces import storage_changes

if _changes := storage_changes():
    logging.getLogger("whitenoise_edge").warning(
        "This version of Django or WhiteNoise has changed %s, so the storage of static files is WhiteNoise's own. "
        "It collects the same files in more time.",
        ", ".join(_changes),
    )

    class CompressedManifestStaticFilesStorage(WhiteNoiseStorage):  # type: ignore[misc]  # WhiteNoise has no types
        """WhiteNoise's storage, because the methods that the incremental storage needs have changed."""

else:

    class CompressedManifestStaticFilesStorage(IncrementalStorage):  # type: ignore[no-redef]
        """`whitenoise.storage.CompressedManifestStaticFilesStorage`, processing only the files that have changed."""
