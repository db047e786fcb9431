"""A tiny healthy Django project in a temporary folder, for tests that plant one fault into it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
import pytest

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from .analyser import Analyser  # noqa: E402 - the imports read settings
from .prover import Prover  # noqa: E402

FILES = {
    "manage.py": """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
""",
    "gunicorn.conf.py": """\
workers = 1
threads = 2
worker_class = "gthread"
control_socket_disable = True
""",
    "mysite/__init__.py": "",
    "mysite/settings.py": """\
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = os.environ.get("DEBUG", "True") == "True"
SECRET_KEY = os.environ.get("SECRET_KEY", "for-tests-only")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")
INSTALLED_APPS = ["blog", "staticproof", "whitenoise.runserver_nostatic", "django.contrib.staticfiles"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
ROOT_URLCONF = "mysite.urls"
WSGI_APPLICATION = "mysite.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
    },
]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = not DEBUG
USE_I18N = False
""",
    "mysite/urls.py": """\
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="blog/home.html"), name="home"),
    path("posts/<int:pk>/", TemplateView.as_view(template_name="blog/home.html"), name="post"),
]
""",
    "mysite/wsgi.py": """\
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
application = get_wsgi_application()
""",
    "blog/__init__.py": "",
    "blog/templates/blog/home.html": """\
{% extends "base.html" %}
{% load static %}
{% block main %}
  <img src="{% static 'blog/imgs/dot.svg' %}" alt="A dot">
{% endblock %}
""",
    "blog/static/blog/imgs/dot.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><title>A dot</title>'
        '<circle cx="4" cy="4" r="3" fill="#036" stroke="#036"/><circle cx="4" cy="4" r="1" fill="#036"/></svg>\n'
    ),
    "templates/base.html": """\
{% load static %}
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>A tiny site</title>
  <link rel="stylesheet" href="{% static 'css/site.css' %}">
  <script type="module" src="{% static 'js/site.js' %}"></script>
</head>
<body>{% block main %}{% endblock %}</body>
</html>
""",
    "templates/404.html": "<!doctype html><title>Not found</title><p>There is no such page.</p>\n",
    "templates/500.html": "<!doctype html><title>Error</title><p>Something broke.</p>\n",
    "static/css/site.css": """\
body { background: url("../imgs/paper.svg"); color: #123456; }
/* Long enough for compression to pay. Long enough for compression to pay. Long enough for compression to pay. */
""",
    "static/imgs/paper.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>\n',
    "static/js/site.js": 'document.documentElement.dataset.ready = "yes";\n',
}


@dataclass(frozen=True)
class Project:
    """A Django project on the disk, which its own `manage.py` runs in a separate process."""

    root: Path

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project, create its folders, and return its path."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace text in a file of the project. The text must occur, so that the fault is really planted."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new))

    def environment(self) -> dict[str, str]:
        """The environment for processes of the project. Their cache folder is in the project."""
        return inherited() | {"XDG_CACHE_HOME": str(self.root / ".cache")}

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` with these arguments and additional environment variables. Never raise on failure."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def inherited() -> dict[str, str]:
    """Return the environment of the test run without the variables of the tested site."""
    foreign = {"DJANGO_SETTINGS_MODULE", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a new healthy project: one app, one page, one stylesheet with an image, one script, WhiteNoise, SQLite."""
    project = Project(tmp_path / "project")
    for path, text in FILES.items():
        project.write(path, text)
    return project


@pytest.fixture(scope="session")
def prover() -> Iterator[Prover]:
    """Prove projects quickly, see `prover.py`."""
    with Prover() as prover:
        yield prover


@pytest.fixture(scope="session")
def analyser() -> Iterator[Analyser]:
    """Analyse projects quickly, see `analyser.py`."""
    with Analyser() as analyser:
        yield analyser
