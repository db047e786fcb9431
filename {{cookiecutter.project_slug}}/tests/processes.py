"""Running the site in a process of its own."""

import os
import subprocess
import sys

from django.conf import settings

PRODUCTION = {"DEBUG": "False", "SECRET_KEY": "x" * 60 + "0123456789", "ALLOWED_HOSTS": "localhost"}


def run_python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the root of the site, with the environment of tests/settings.py and these variables."""
    environment = {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "DATABASE_URL": "sqlite://:memory:"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | environment | {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
