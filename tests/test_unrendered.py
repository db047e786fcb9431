"""The template directory is itself a working Django project, and working in it leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from conftest import TEMPLATE, Site
from test_bake import template_files
from test_procfile import free_port

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
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [site.python, "manage.py", "runserver", "--noreload", str(port)],
            cwd=TEMPLATE, env=os.environ | IN_PLACE | {"DEBUG": "True", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert server.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.1)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                assert page.status == 200
        finally:
            server.terminate()
            server.wait(30)
    assert not left_lying()
