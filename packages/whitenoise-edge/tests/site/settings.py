"""Settings of a tiny site with the lines that the README asks for. Tests name its folders in the environment."""

import os

DEBUG = False
SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["testserver", "localhost"]
ROOT_URLCONF = "tests.site.urls"
WSGI_APPLICATION = "tests.site.wsgi.application"
INSTALLED_APPS = ["whitenoise_edge", "django.contrib.staticfiles"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware"]
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("SITE_STATIC_ROOT")
STATICFILES_DIRS = [os.environ["SITE_SOURCE"]] if "SITE_SOURCE" in os.environ else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": os.environ.get("SITE_STORAGE", "whitenoise_edge.storage.CompressedManifestStaticFilesStorage")
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
SECURE_SSL_REDIRECT = "SITE_SSL_REDIRECT" in os.environ
