"""`manage.py startapp` makes an app in the layout of the site. Two printed lines add it to the site."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Site
from servers import get, runserver


def add(file: Path, after: str, line: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert after in text
    file.write_text(text.replace(after, f"{after}\n    {line}", 1), encoding="utf-8")


def test_a_new_app_works_with_the_two_printed_lines(copy: Site, tmp_path: Path) -> None:
    made = copy.manage("startapp", "blog")
    assert made.returncode == 0, made.stderr
    setting = re.search(r'INSTALLED_APPS: +("blog",)', made.stdout)
    url = re.search(r"urlpatterns: +(path\(.+\),)", made.stdout)
    assert setting is not None
    assert url is not None
    add(copy.path / "config" / "settings.py", "INSTALLED_APPS = [", setting[1])
    urls = copy.path / "config" / "urls.py"
    (opening,) = re.findall(r"^urlpatterns.*= \[$", urls.read_text(encoding="utf-8"), re.MULTILINE)
    add(urls, opening, url[1])

    tested = copy.tool("pytest", "-q", "blog")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    for tool in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["djlint", "--lint", "--quiet", "."]):
        clean = copy.tool(*tool)
        assert clean.returncode == 0, clean.stdout
    proven = copy.manage("provestatic")
    assert proven.returncode == 0, proven.stdout
    with runserver(copy, tmp_path / "log") as port:
        response, body = get(port, "/blog/", {})
    assert response.status == 200
    assert b"/static/blog/css/blog.css" in body


def test_a_bad_name_gets_djangos_error(copy: Site) -> None:
    refused = copy.manage("startapp", "2fast")
    assert refused.returncode == 1
    assert "'2fast' is not a valid app name. Please make sure the name is a valid identifier." in refused.stderr
    assert not (copy.path / "2fast").exists()
