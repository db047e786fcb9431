"""The first week of an owner: a blog on a fresh site, step by step as the README describes it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import PRODUCTION, UV, Site, run
from test_startapp import add

FILES = Path(__file__).parent / "blog"
PRODUCTION_DATABASE = PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"}


@pytest.fixture
def owned(copy: Site) -> Site:
    """A copy of the site with an environment of its own, in which `uv add` installs."""
    (copy.path / ".venv").unlink()
    done = run(UV, "sync", "--locked", cwd=copy.path)
    assert done.returncode == 0, done.stderr
    return copy


def succeed(site: Site, *command: str, **environment: str) -> str:
    """Run a command of the README: `uv …`, without the network where it needs none."""
    done = run(UV, *command, cwd=site.path, **environment)
    assert done.returncode == 0, f"uv {' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_a_blog_in_a_week(owned: Site) -> None:
    settings, urls = owned.path / "config" / "settings.py", owned.path / "config" / "urls.py"
    printed = succeed(owned, "run", "manage.py", "startapp", "blog")
    add(settings, "INSTALLED_APPS = [", re.findall(r"INSTALLED_APPS: +(.+)", printed)[0])
    [opening] = re.findall(r"^urlpatterns.*= \[$", urls.read_text(encoding="utf-8"), re.MULTILINE)
    add(urls, opening, re.findall(r"urlpatterns: +(.+)", printed)[0])
    succeed(owned, "run", "pytest", "-q", "blog")
    succeed(owned, "add", "pillow")

    # The owner's work: model with an image, admin, list and detail with their own CSS and two modules, a form with
    # messages, child templates, a translated string, a management command, a test.
    shutil.copytree(FILES, owned.path / "blog", dirs_exist_ok=True)
    for renamed in owned.path.glob("blog/**/*.txt"):  # the linters of this repository leave these files alone
        renamed.rename(renamed.with_suffix(""))
    succeed(owned, "run", "manage.py", "makemigrations", "blog")
    succeed(owned, "run", "manage.py", "migrate")
    (owned.path / "blog" / "locale").mkdir()
    if shutil.which("xgettext"):
        succeed(owned, "run", "manage.py", "makemessages", "--locale", "de")
        catalogue = owned.path / "blog" / "locale" / "de" / "LC_MESSAGES" / "django.po"
        text = catalogue.read_text(encoding="utf-8")
        assert "site-packages" not in text
        catalogue.write_text(text.replace('msgid "Latest posts"\nmsgstr ""', 'msgid "Latest posts"\nmsgstr "Neues"'))
        assert "site-packages" not in succeed(owned, "run", "manage.py", "compilemessages")
        assert not [path for path in catalogue.parents[3].glob("*.mo") if path]
        assert catalogue.with_suffix(".mo").is_file()
    assert "1 post" in succeed(owned, "run", "manage.py", "add_post", "Launched")

    succeed(owned, "run", "pytest", "-q", "-x")
    succeed(owned, "run", "ruff", "check", "--no-cache", ".")
    succeed(owned, "run", "ruff", "format", "--check", "--no-cache", ".")
    succeed(owned, "run", "djlint", "--lint", "--check", ".")
    succeed(owned, "run", "mypy", ".")
    # staticfiles/, which generation wrote, is older than the new app: that is a note and not a warning.
    succeed(owned, "run", "manage.py", "provestatic", "--fail-level", "WARNING")
    deploy = succeed(owned, "run", "manage.py", "check", "--deploy", **PRODUCTION_DATABASE)
    assert set(re.findall(r"\w+\.[EW]\d+", deploy)) <= {"core.W003"}, "only the example answers are named"
