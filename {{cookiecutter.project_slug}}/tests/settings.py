"""The settings under test are those of production: `DEBUG` off, the real static files storage, HTTPS."""

import os
import tempfile
from pathlib import Path

os.environ |= {"DEBUG": "False", "SECRET_KEY": "for-tests-only", "ALLOWED_HOSTS": "testserver"}
# What a developer's .env may name, no test may reach.
os.environ |= dict.fromkeys(("AWS_STORAGE_BUCKET_NAME", "CACHE_URL", "REDIS_URL", "EMAIL_URL", "SENTRY_DSN"), "")
os.environ |= dict.fromkeys(("DYNO", "STATIC_HOST"), "")

from config.settings import *  # noqa: F403

STATIC_ROOT = Path(tempfile.mkdtemp(prefix="staticfiles-"))  # collected once by conftest.py, which removes it
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="media-"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick: tests make many users
