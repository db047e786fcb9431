"""The site as production starts it."""

import re

from django.conf import settings

from tests.processes import PRODUCTION, run_python


def test_deployment_checks_find_nothing_but_example_answers() -> None:
    checked = run_python("manage.py", "check", "--deploy", "--fail-level", "ERROR", **PRODUCTION)
    assert checked.returncode == 0, checked.stderr
    found = re.findall(r"\((\w+\.[A-Z]\d+)\)", checked.stderr)
    assert set(found) <= {"core.W001", "core.W002", "core.W003"}, checked.stderr


def test_a_build_needs_no_variable_and_every_model_has_its_migration() -> None:
    nothing = dict.fromkeys(PRODUCTION, "")
    built = run_python("manage.py", "makemigrations", "--check", "--dry-run", **nothing)
    assert built.returncode == 0, built.stderr


def test_a_server_without_its_variables_stops_without_a_traceback() -> None:
    for command in ("import config.wsgi", "import runpy; runpy.run_path('gunicorn.conf.py'); import config.wsgi"):
        started = run_python("-c", command, SECRET_KEY="", FORWARDED_ALLOW_IPS="127.0.0.1,")
        assert started.returncode == 1
        assert "  SECRET_KEY: It is missing" in started.stderr
        assert "  FORWARDED_ALLOW_IPS: An address is empty" in started.stderr
        assert "Traceback" not in started.stderr


def test_production_loads_neither_development_tools_nor_unused_services() -> None:
    unwanted = ("staticproof", "django_browser_reload", "debug_toolbar", "boto3", "redis", "sentry_sdk")
    code = (
        "import sys; from importlib import util; find = util.find_spec\n"
        "util.find_spec = lambda name, *a: None if name == 'staticproof' else find(name, *a)\n"  # as without `dev`
        "import config.wsgi, config.urls; from django.core.cache import cache; cache.get\n"
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    loaded = run_python("-c", code, **PRODUCTION)
    assert loaded.stdout.strip() == "[]", loaded.stderr


def test_static_files_work_with_plain_whitenoise_too() -> None:
    """The README lists the three lines to change. See also the template's own test of these instructions."""
    assert settings.MIDDLEWARE.count("whitenoise.middleware.WhiteNoiseMiddleware") == 1
    below = settings.MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1
    assert settings.MIDDLEWARE[below] == "whitenoise.middleware.WhiteNoiseMiddleware"
