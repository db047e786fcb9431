"""No false alarm in a site with a dozen real packages installed that ship templates and static files."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from conftest import Site, run

# Exact versions, so that a new release cannot fail this test before its version here is raised.
PACKAGES = (
    "crispy-bootstrap5==2026.9",
    "django-allauth[mfa,socialaccount]==65.21.1",
    "django-ckeditor-5==0.2.20",
    "django-crispy-forms==2.7",
    "django-debug-toolbar==8.0.0",
    "django-filter==26.2",
    "django-import-export==4.4.3",
    "django-simple-history==3.13.0",
    "django-unfold==0.110.0",
    "djangorestframework==3.18.3",
    "drf-spectacular[sidecar]==0.30.0",
    "wagtail==8.0.1",
)
# Settings from the documentation of each package. The storage is production's without compression: compressing the
# packages' 30 MB would take minutes and would test only WhiteNoise.
SETTINGS = """
INSTALLED_APPS = ["unfold", *INSTALLED_APPS]
INSTALLED_APPS += ["allauth", "allauth.account", "allauth.mfa", "allauth.socialaccount"]
INSTALLED_APPS += ["crispy_forms", "crispy_bootstrap5", "django_ckeditor_5", "django_filters", "import_export"]
INSTALLED_APPS += ["rest_framework", "drf_spectacular", "drf_spectacular_sidecar", "simple_history"]
INSTALLED_APPS += [
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
]
if "debug_toolbar" not in INSTALLED_APPS:
    INSTALLED_APPS += ["debug_toolbar"]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware", "simple_history.middleware.HistoryRequestMiddleware"]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTHENTICATION_BACKENDS += ["allauth.account.auth_backends.AuthenticationBackend"]
CRISPY_TEMPLATE_PACK = CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
WAGTAIL_SITE_NAME = SITE_NAME
WAGTAILADMIN_BASE_URL = "https://localhost"
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = "css gif html ico js json map md png svg ts txt".split()
"""
URLS = """
from debug_toolbar.toolbar import debug_toolbar_urls
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

urlpatterns += [
    *debug_toolbar_urls(),
    path("auth/", include("allauth.urls")),
    path("ckeditor5/", include("django_ckeditor_5.urls")),
    path("api/login/", include("rest_framework.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema")),
    path("api/redoc/", SpectacularRedocView.as_view(url_name="schema")),
    path("cms/", include("wagtail.admin.urls")),
    path("documents/", include("wagtail.documents.urls")),
]
"""
# A form and a template of the site that use a tag, a widget and a `Media` of these packages.
FORMS = """\
from crispy_forms.helper import FormHelper
from django import forms
from django_ckeditor_5.widgets import CKEditor5Widget


class LetterForm(forms.Form):
    text = forms.CharField(widget=CKEditor5Widget())
    helper = FormHelper()
"""
PAGE = """\
{% extends "base.html" %}
{% load static crispy_forms_tags %}
{% block stylesheets %}<link rel="stylesheet" href="{% static 'rest_framework/css/default.css' %}">{% endblock %}
{% block content %}{% crispy form %}{{ form.media }}{% endblock %}
"""


@pytest.fixture
def crowded(copy: Site) -> Site:
    """A copy of the default site with all these packages installed and in use, before its first `collectstatic`."""
    shutil.rmtree(copy.path / "staticfiles")
    environment = copy.path.parent / "environment"
    python = run(copy.python, "-c", "import sys; print(sys.version.partition(' ')[0])", cwd=copy.path).stdout.strip()
    install = ("uv", "pip", "install", "--quiet", "--python", environment)
    for command in (
        ("uv", "venv", "--quiet", "--python", python, environment),
        (*install, "-r", "pyproject.toml", "--group", "dev", *PACKAGES),
    ):
        done = run(*command, cwd=copy.path)
        assert done.returncode == 0, done.stderr
    (copy.path / ".venv").unlink()
    (copy.path / ".venv").symlink_to(environment, target_is_directory=True)
    for path, more in {"config/settings.py": SETTINGS, "config/urls.py": URLS}.items():
        with (copy.path / path).open("a", encoding="utf-8") as file:
            file.write(more)
    (copy.path / "pages" / "forms.py").write_text(FORMS, encoding="utf-8")
    (copy.path / "pages" / "templates" / "pages" / "letter.html").write_text(PAGE, encoding="utf-8")
    return copy


def test_a_site_with_a_dozen_packages_has_only_notes(crowded: Site) -> None:
    # The proof runs two processes: with bytecode, the second one does not compile a dozen packages again.
    options = ("--format", "json", "--fail-level", "WARNING")
    done = crowded.manage("provestatic", *options, PYTHONDONTWRITEBYTECODE="")
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    numbers = report["summary"]
    assert report["stage"] == "served"
    assert [finding for finding in report["findings"] if finding["level"] != "info"] == []
    assert numbers["pages_failed"] == 0
    assert numbers["files"] > 400
    assert numbers["templates"] > 1000
    assert numbers["pages"] > 30
