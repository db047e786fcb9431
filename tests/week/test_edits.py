"""The site's tests still pass after ordinary edits of its owner.

Edits that do not conflict share one run of the site's tests, because each run takes seconds.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from conftest import Site
from test_readme import apply

HOME = """{% extends "base.html" %}

{% block title %}Boats{% endblock %}

{% block content %}
  <h1>Boats for everybody</h1>
{% endblock content %}
"""
SEARCH = '<form action="/search/"><input type="search" name="q" aria-label="Search"><button>Search</button></form>'


def edit(site: Site, file: str, pattern: str, new: str) -> None:
    """Replace every match of a regular expression. There must be at least one."""
    path = site.path / file
    text, count = re.subn(pattern, lambda _: new, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count, f"{file} has no match for {pattern}"
    path.write_text(text, encoding="utf-8")


def assert_tests_pass(site: Site) -> None:
    done = site.tool("pytest", "-q", "-x", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr


def remove_about(site: Site) -> None:
    (site.path / "pages/templates/pages/about.html").unlink()
    shutil.rmtree(site.path / "pages/static/pages")
    edit(site, "pages/urls.py", r".*views\.about.*\n", "")
    edit(site, "pages/views.py", r"@require_safe\ndef about.*\n.*\n\n\n", "")
    edit(site, "pages/sitemaps.py", ', "pages:about"', "")
    edit(site, "templates/_header.html", ".*pages:about.*\n", "")


def test_pages_texts_and_limits(copy: Site) -> None:
    Path(copy.path, "pages/templates/pages/home.html").write_text(HOME, encoding="utf-8")
    remove_about(copy)
    edit(copy, "templates/404.html", "There is no such page", "Gone fishing")
    edit(copy, "config/settings.py", r"^SITE_NAME = .*", 'SITE_NAME = "Boats & \\"Sons\\""')
    edit(copy, "config/settings.py", r"^SITE_DESCRIPTION = .*", 'SITE_DESCRIPTION = "Boats of the <b>Elbe</b> & more"')
    edit(copy, "config/settings.py", r"^AXES_FAILURE_LIMIT = 5", "AXES_FAILURE_LIMIT = 10")
    edit(copy, "config/settings.py", r'"img-src": \[', '"img-src": ["https://images.example.org", ')
    edit(copy, "config/environment.py", r"^DOMAIN = .*", 'DOMAIN = "www.boats.example"')
    edit(copy, "templates/base.html", "<p>© {{ website.author }}</p>", f"<p>© {{{{ website.author }}}}</p>{SEARCH}")
    assert_tests_pass(copy)


def test_another_language(copy: Site) -> None:
    edit(copy, "config/settings.py", r'^LANGUAGE_CODE = "en"', 'LANGUAGE_CODE = "de"')
    assert_tests_pass(copy)


def test_a_second_language(copy: Site) -> None:
    """The README's recipe for French; test_readme.py shows that the pages become French."""
    apply(copy, "Languages")
    assert_tests_pass(copy)


def test_the_deployment_check_of_the_readme_is_clean_with_own_answers(copy: Site) -> None:
    edit(copy, "config/settings.py", r"^SITE_AUTHOR = .*", 'SITE_AUTHOR = "Ada"')
    edit(copy, "config/settings.py", r"^SITE_AUTHOR_EMAIL = .*", 'SITE_AUTHOR_EMAIL = "ada@boats.example"')
    edit(copy, "config/environment.py", r"^DOMAIN = .*", 'DOMAIN = "www.boats.example"')
    readme = (copy.path / "README.md").read_text(encoding="utf-8")
    [(variables, command)] = re.findall(r"`((?:\w+=\w+ )+)uv run manage\.py (check --deploy)`", readme)
    done = copy.manage(*command.split(), **dict(part.split("=") for part in variables.split()))
    assert "System check identified no issues" in done.stdout, done.stderr


def test_a_stale_staticfiles_folder_is_no_warning_in_development(copy: Site) -> None:
    assert (copy.path / "staticfiles" / "staticfiles.json").exists()
    edit(copy, "static/css/site.css", r"\Z", ".new { color: red; }\n")
    done = copy.manage("check")
    assert done.stdout.startswith("System check identified no issues")
    assert done.stderr == ""
