"""The settings of tests that call the package in their own process: a site without pages and without databases."""

from typing import Any

from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.files.storage import Storage

SECRET_KEY = "for-tests-only"
INSTALLED_APPS = ["staticproof", "django.contrib.staticfiles"]
STATIC_URL = "/static/"
USE_TZ = True
STATIC_ROOT = "/nonexistent"  # tests that collect use a temporary folder
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


class ManifestStorageElsewhere(ManifestFilesMixin, Storage):  # type: ignore[misc]  # as django-storages does it
    """A manifest storage that is not on the disk, like one for S3. Creating it would read the remote manifest."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError
