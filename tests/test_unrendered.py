"""The template folder is itself a working Django project, and working in it leaves no files there."""

from __future__ import annotations

from pathlib import Path

from conftest import TEMPLATE, Site
from servers import get, runserver
from test_bake import template_files

IN_PLACE = {"DATABASE_URL": "sqlite://:memory:"}


def new_files() -> set[str]:
    return {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()} - template_files()


def test_check_finds_nothing(site: Site) -> None:
    done = site.manage("check", cwd=TEMPLATE, **IN_PLACE)
    assert done.returncode == 0, done.stderr
    assert not new_files()


def test_the_tests_pass(site: Site) -> None:
    done = site.tool("pytest", "-p", "no:cacheprovider", "-q", cwd=TEMPLATE, **IN_PLACE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not new_files()


def test_runserver_works(site: Site, tmp_path: Path) -> None:
    with runserver(site, tmp_path / "log", cwd=TEMPLATE, DEBUG="True", **IN_PLACE) as port:
        response, _ = get(port, "/", {})
        assert response.status == 200
    assert not new_files()
