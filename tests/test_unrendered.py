"""The template directory is itself a working Django project, and working in it leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

from conftest import TEMPLATE, Site
from servers import get, runserver
from test_bake import template_files

IN_PLACE = {"DATABASE_URL": "sqlite://:memory:"}


def left_lying() -> set[str]:
    return {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()} - template_files()


def test_its_own_check_finds_nothing(site: Site) -> None:
    done = site.manage("check", cwd=TEMPLATE, **IN_PLACE)
    assert done.returncode == 0, done.stderr
    assert not left_lying()


def test_its_own_tests_pass(site: Site, tmp_path: Path) -> None:
    done = site.tool(
        "pytest", "-p", "no:cacheprovider", "-q", cwd=TEMPLATE,
        COVERAGE_FILE=str(tmp_path / "coverage"), **IN_PLACE,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not left_lying()


def test_runserver_works_in_place(site: Site, tmp_path: Path) -> None:
    with runserver(site, tmp_path / "log", cwd=TEMPLATE, DEBUG="True", **IN_PLACE) as port:
        response, _ = get(port, "/", {})
        assert response.status == 200
    assert not left_lying()
