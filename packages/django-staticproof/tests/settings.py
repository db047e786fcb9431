"""The settings of tests that call the package in their own process: a site without pages and without databases."""

SECRET_KEY = "for-tests-only"
INSTALLED_APPS = ["staticproof", "django.contrib.staticfiles"]
STATIC_URL = "/static/"
USE_TZ = True
STATIC_ROOT = "/nonexistent"  # tests that collect name a folder of their own
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
