"""Put the answers of other bakes into the settings of a generated site, and render its pages.

The script runs in the environment of that site. It reads the path of a baked project from each line of standard input
and prints one line of JSON for it. Django starts only once for thousands of answers.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))

import django
from django.conf import settings
from django.core import checks
from django.test import Client
from django.test.utils import override_settings, setup_test_environment

ANSWERED = ("SITE_NAME", "SITE_DESCRIPTION", "SITE_AUTHOR", "SITE_AUTHOR_EMAIL", "TIME_ZONE")
PAGES = ("/", "/about/", "/site.webmanifest", "/robots.txt", "/sitemap.xml", "/.well-known/security.txt")


def show(project: Path) -> dict[str, Any]:
    """Return the answers as the project's settings have them, its pages, and the warnings of Django's checks."""
    settings_file = project / "config" / "settings.py"
    # Run the file under a path in this site, because the light bake lacks the modules that the settings import.
    namespace: dict[str, Any] = {"__file__": str(settings.BASE_DIR / "config" / "settings.py"), "__name__": "settings"}
    exec(settings_file.read_text(encoding="utf-8"), namespace)
    environment = settings_file.with_name("environment.py").read_text(encoding="utf-8")
    domain = re.findall(r'^DOMAIN = "(.*)"$', environment, re.MULTILINE)[0]
    answered = {name: namespace[name] for name in ANSWERED} | {"SITE_DOMAIN": domain}
    changed = answered | {"DEFAULT_FROM_EMAIL": namespace["DEFAULT_FROM_EMAIL"]}
    with override_settings(ALLOWED_HOSTS=[domain], **changed):
        client = Client(headers={"host": domain})
        responses = {page: client.get(page, secure=True) for page in PAGES}
        return {
            "settings": answered,
            "pages": {page: response.content.decode() for page, response in responses.items()},
            "codes": {page: response.status_code for page, response in responses.items()},
            "checks": [str(message) for message in checks.run_checks() if message.level >= checks.WARNING],
        }


if __name__ == "__main__":
    django.setup()
    setup_test_environment()
    assert not settings.DEBUG
    for line in sys.stdin:
        print(json.dumps(show(Path(line.rstrip("\n")))), flush=True)
