"""The settings are safe by default, and say what is missing."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

BARE = {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "DATABASE_URL": "sqlite://:memory:"}
SAFE = {"DEBUG": "False", "SECRET_KEY": "x" * 60 + "0123456789", "ALLOWED_HOSTS": "example.com"}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own with nothing but `environment` set, and return what it said."""
    needed = ("PATH", "SYSTEMROOT", "TEMP", "COV")  # the last are coverage's, to measure that process too
    inherited = {name: value for name, value in os.environ.items() if name.upper().startswith(needed)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=inherited | BARE | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_deployment_checks_find_nothing() -> None:
    checked = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **SAFE)
    assert checked.returncode == 0, checked.stderr


def test_a_server_names_everything_that_it_misses() -> None:
    started = run("-c", "import config.wsgi", DEBUG="False", SECRET_KEY="", ALLOWED_HOSTS="")
    assert started.returncode == 1
    assert "SECRET_KEY" in started.stderr
    assert "ALLOWED_HOSTS" in started.stderr
    assert "Traceback" not in started.stderr


def test_malformed_variables_are_named_together() -> None:
    started = run("manage.py", "check", DEBUG="perhaps", SECURE_HSTS_SECONDS="long")
    assert started.returncode == 1
    assert "DEBUG" in started.stderr
    assert "SECURE_HSTS_SECONDS" in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.parametrize("command", ["check", "makemigrations --check --dry-run"])
def test_commands_of_a_build_need_no_environment(command: str) -> None:
    done = run("manage.py", *command.split(), DEBUG="False", SECRET_KEY="", ALLOWED_HOSTS="")
    assert done.returncode == 0, done.stderr


def test_the_environment_moves_the_admin_and_the_database() -> None:
    code = "from config import settings as s; print(s.ADMIN_URL, s.DATABASES['default']['ENGINE'])"
    said = run("-c", code, ADMIN_URL="/backstage", DATABASE_URL="postgres://u:p@db/site", **SAFE)
    assert said.stdout.split() == ["backstage/", "django.db.backends.postgresql"], said.stderr


@pytest.mark.parametrize(("debug", "apps"), [("True", "django_browser_reload debug_toolbar"), ("False", "")])
def test_the_developers_tools_are_there_in_development_only(debug: str, apps: str) -> None:
    """The dependency group `dev` is installed here; what production does not have, it may not import."""
    code = (
        "import sys, config.wsgi, config.urls;"
        "print(*(name for name in ('django_browser_reload', 'debug_toolbar') if name in sys.modules))"
    )
    said = run("-c", code, **SAFE | {"DEBUG": debug})
    assert said.stdout.split() == apps.split(), said.stderr
