"""The site as production starts it."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from tests.processes import PRODUCTION, run_python


def test_deployment_checks_find_nothing_but_example_answers() -> None:
    """pytest-django replaces the mail server, of which mail.E001 warns."""
    found = [message for message in run_checks(include_deployment_checks=True) if not message.is_silenced()]
    assert [message for message in found if message.id not in ("core.W003", "mail.E001")] == []


@pytest.mark.django_db
def test_every_model_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_server_with_a_faulty_environment_stops_without_a_traceback() -> None:
    wrong = {"SECRET_KEY": "", "FORWARDED_ALLOW_IPS": "127.0.0.1,", "WEB_CONCURRENCY": "2"}
    started = run_python("-m", "gunicorn", "config.wsgi", **wrong)
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
