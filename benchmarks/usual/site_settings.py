# mypy: ignore-errors
"""The usual layout around the pages of the generated site, for a comparison of the same page in two layouts."""

from pathlib import Path

from usual.settings import *  # noqa: F403
from usual.settings import INSTALLED_APPS, TEMPLATES, env

SITE = Path(env("USUAL_SITE"))
# The values that the templates show, as in the default answers.
BASE_DIR = SITE
SITE_NAME = "My Site"
SITE_DESCRIPTION = "A website made with Django."
SITE_AUTHOR = "Your Name"
SITE_AUTHOR_EMAIL = "you@example.com"
SITE_DOMAIN = "example.com"
SITE_INDEXED = True

ROOT_URLCONF = "usual.site_urls"
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "usual.users"]
INSTALLED_APPS += ["accounts", "pages", "django.contrib.sitemaps"]
AUTH_USER_MODEL = "accounts.User"
STATICFILES_DIRS = [SITE / "static"]
TEMPLATES[0]["DIRS"] = [SITE / "templates"]
processors = TEMPLATES[0]["OPTIONS"]["context_processors"]
processors[-1:] = ["django.template.context_processors.csp", "core.context_processors.website"]
