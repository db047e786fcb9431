"""The settings of the tests are those of production: `DEBUG` off, the real static files storage, HTTPS."""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

# An empty variable counts as not set: neither the shell nor a developer's .env changes the tests. Only
# TEST_DATABASE_URL does: it names another database server, such as production's PostgreSQL.
declared = Path(__file__).resolve().parent.with_name(".env.example").read_text(encoding="utf-8")
os.environ |= dict.fromkeys(re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", declared, re.MULTILINE), "") | {"DYNO": ""}
os.environ |= {"SECRET_KEY": "only-for-tests" * 4, "ALLOWED_HOSTS": "testserver", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")

from config.settings import *  # noqa: E402, F403

folder = Path(tempfile.mkdtemp(prefix="site-tests-"))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
STATIC_ROOT, MEDIA_ROOT = folder / "staticfiles", folder / "media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast: tests create many users
LANGUAGE_CODE = "en"  # the language of Django's messages, whatever the language of the site is
