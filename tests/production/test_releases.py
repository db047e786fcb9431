"""The release command of the Procfile: of two simultaneous releases, one migrates the database, and both succeed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PRODUCTION, UNSET_VARIABLES, Site

# Slow enough that a second release looks for open migrations while the first one runs.
SLOW = """
import time

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.CreateModel("Slow", [("id", models.BigAutoField(primary_key=True, serialize=False))]),
        migrations.RunPython(lambda apps, editor: time.sleep(2)),
    ]
"""


def command_of(site: Site, process: str) -> str:
    lines = (site.path / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)[process]


def release(site: Site, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
    path = os.pathsep.join([str(site.python.parent), os.environ["PATH"]])
    variables = inherited | PRODUCTION | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | environment
    return subprocess.Popen(
        ["/bin/sh", "-c", command_of(site, "release")], cwd=site.path, env=variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def two_at_once(site: Site, **environment: str) -> list[tuple[int, str]]:
    running = [release(site, **environment) for _ in range(2)]
    outputs = [each.communicate(timeout=120)[0] for each in running]
    return sorted((each.returncode, text) for each, text in zip(running, outputs, strict=True))


@pytest.fixture
def slow(copy: Site) -> Site:
    """A site with a slow migration of its owner."""
    (copy.path / "accounts" / "migrations" / "0002_slow.py").write_text(SLOW)
    return copy


def assert_one_migrated(ended: list[tuple[int, str]]) -> None:
    assert [code for code, _ in ended] == [0, 0], ended
    assert sum("Applying accounts.0002_slow... OK" in text for _, text in ended) == 1
    assert sum("No migrations to apply" in text for _, text in ended) == 1


def test_two_releases_at_once_migrate_postgresql_once(slow: Site, new_database: Callable[[], str]) -> None:
    assert_one_migrated(two_at_once(slow, DATABASE_URL=new_database()))


def test_two_releases_at_once_migrate_sqlite_once(slow: Site, tmp_path: Path) -> None:
    assert_one_migrated(two_at_once(slow, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3"))


def test_without_the_lock_one_of_them_fails(slow: Site, new_database: Callable[[], str]) -> None:
    """If this test fails, the lock is no longer needed."""
    (slow.path / "core" / "management" / "commands" / "migrate.py").unlink()
    assert [code for code, _ in two_at_once(slow, DATABASE_URL=new_database())] != [0, 0]


def test_a_killed_release_leaves_no_lock(slow: Site, new_database: Callable[[], str]) -> None:
    url = new_database()
    killed = release(slow, DATABASE_URL=url)
    assert killed.stdout
    for line in killed.stdout:
        if "0001_initial" in line:  # it holds the lock
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(30)
    again = release(slow, DATABASE_URL=url)
    text = again.communicate(timeout=60)[0]
    assert again.returncode == 0, text
    assert "Applying accounts.0002_slow... OK" in text


def test_a_release_reports_the_findings_of_the_deploy_checks_and_goes_on(copy: Site, tmp_path: Path) -> None:
    started = release(copy, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3", DYNO="release.1")
    text = started.communicate(timeout=60)[0]
    assert started.returncode == 0, text
    assert "WARNINGS:" in text
    assert "Applying accounts.0001_initial... OK" in text


def test_a_release_that_cannot_reach_the_database_fails(copy: Site) -> None:
    started = release(copy, DATABASE_URL="postgres://postgres@127.0.0.1:1/postgres")
    text = started.communicate(timeout=60)[0]
    assert started.returncode != 0
    assert "Connection refused" in text


def test_a_release_names_a_malformed_variable_before_gunicorn_starts(copy: Site) -> None:
    """gunicorn reads WEB_CONCURRENCY when it is imported, before any code of the site, and ends with a traceback."""
    started = release(copy, WEB_CONCURRENCY="two")
    text = started.communicate(timeout=60)[0]
    assert started.returncode != 0
    assert "  WEB_CONCURRENCY: Not a valid integer." in text
    assert "Traceback" not in text
