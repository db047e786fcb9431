"""The settings are safe by default, and say what is missing."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from config.environment import PLACEHOLDER

BARE = {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "DATABASE_URL": "sqlite://:memory:"}
SAFE = {"DEBUG": "False", "SECRET_KEY": "x" * 60 + "0123456789", "ALLOWED_HOSTS": "example.com"}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own with nothing but `environment` set, and return what it said.

    What tests/settings.py has emptied stays empty there: a developer's `.env` may name it.
    """
    needed = ("PATH", "SYSTEMROOT", "TEMP", "COV")  # the last are coverage's, to measure that process too
    inherited = {name: value for name, value in os.environ.items() if name.upper().startswith(needed) or not value}
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
    assert "  SECRET_KEY: It is missing" in started.stderr
    assert ("  ALLOWED_HOSTS: It is missing" in started.stderr) == (settings.SITE_DOMAIN == PLACEHOLDER)
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


def test_what_is_malformed_and_what_is_missing_is_one_message() -> None:
    wrong = {"EMAIL_URL": "smtp", "CACHE_URL": "memcached://a", "STATIC_HOST": "https://a/b", "DATABASE_URL": "my:p4ss"}
    wrong |= {"SENTRY_DSN": "here", "FORWARDED_ALLOW_IPS": "proxy.example.com"}
    started = run("-c", "import config.wsgi", **SAFE | wrong | {"SECRET_KEY": "", "UPLOAD_MAX_MEGABYTES": "0"})
    assert started.returncode == 1
    for name in (*wrong, "SECRET_KEY", "UPLOAD_MAX_MEGABYTES"):
        assert f"  {name}: " in started.stderr
    assert started.stderr.count("for example: ") == len(wrong) + 2
    assert "p4ss" not in started.stderr
    assert "Traceback" not in started.stderr


def ask(expression: str, **environment: str) -> Any:
    """What an expression about the settings, `s`, gives under these variables."""
    said = run("-c", f"import json; from config import settings as s; print(json.dumps({expression}))", **environment)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


POSTGRES = {"DATABASE_URL": "postgres://u:p@db/site"}


def test_the_environment_moves_the_admin_and_the_database() -> None:
    said = ask("[s.ADMIN_URL, s.DATABASES['default']]", ADMIN_URL="/backstage", **POSTGRES, **SAFE)
    assert said[0] == "backstage/"
    assert said[1]["ENGINE"] == "django.db.backends.postgresql"
    assert (said[1]["CONN_MAX_AGE"], said[1]["CONN_HEALTH_CHECKS"]) == (600, True)
    assert said[1]["OPTIONS"] == {"connect_timeout": 5, "tcp_user_timeout": 10_000}


@pytest.mark.parametrize(("query", "mode"), [("", "require"), ("?sslmode=verify-full", "verify-full")])
def test_heroku_is_asked_for_tls(query: str, mode: str) -> None:
    database = ask("s.DATABASES['default']['OPTIONS']", DYNO="web.1", **SAFE, DATABASE_URL=f"postgres://u@db/a{query}")
    assert database["sslmode"] == mode


def test_a_shared_cache_is_redis_and_heroku_signs_its_certificates_itself() -> None:
    cache = ask("s.CACHES['default']", **SAFE, CACHE_URL="rediss://a:1")
    assert cache == {"BACKEND": "config.cache.RedisCache", "LOCATION": "rediss://a:1"}
    cache = ask("s.CACHES['default']", **SAFE, REDIS_URL="rediss://a:1", DYNO="web.1")
    assert cache["OPTIONS"] == {"ssl_cert_reqs": "none", "ssl_check_hostname": False}


def test_uploads_move_to_a_bucket_that_the_policy_knows() -> None:
    bucket = {"AWS_STORAGE_BUCKET_NAME": "boats", "AWS_S3_ENDPOINT_URL": "https://store.example.com"}
    storage, images = ask("[s.STORAGES['default'], s.SECURE_CSP['img-src']]", **SAFE, **bucket)
    assert storage == {"BACKEND": "config.storages.MediaStorage"}
    assert images == ["'self'", "https://store.example.com", "data:"]


def test_a_cdn_is_before_the_static_files_and_in_the_policy() -> None:
    said = ask("[s.STATIC_URL, s.SECURE_CSP]", **SAFE, STATIC_HOST="https://cdn.example.com")
    assert said[0] == "https://cdn.example.com/static/"
    for directive in ("script-src", "style-src", "img-src", "font-src"):
        assert "https://cdn.example.com" in said[1][directive]


def test_only_exact_hosts_of_ours_may_send_forms() -> None:
    said = ask("s.CSRF_TRUSTED_ORIGINS", **SAFE | {"ALLOWED_HOSTS": "www.example.org,.herokuapp.com,*"})
    assert "https://www.example.org" in said
    assert not [origin for origin in said if "heroku" in origin or "*" in origin]


def test_what_is_not_configured_is_not_loaded() -> None:
    code = (
        "import sys, config.wsgi; from django.core.cache import cache; from django.core.files.storage import storages;"
        "cache.get; storages['default']; print(*(n for n in ('boto3', 'redis', 'sentry_sdk') if n in sys.modules));"
        "from config.urls import urlpatterns; print('media/' in str(urlpatterns))"
    )
    configured = {
        "AWS_STORAGE_BUCKET_NAME": "boats",
        "CACHE_URL": "redis://a:1",
        "SENTRY_DSN": "https://key@a.example/1",
    }
    assert run("-c", code, **SAFE).stdout.split() == ["True"]
    assert run("-c", code, **SAFE | configured).stdout.split() == ["boto3", "redis", "sentry_sdk", "False"]


@pytest.mark.parametrize(("debug", "apps"), [("True", "django_browser_reload debug_toolbar"), ("False", "")])
def test_the_developers_tools_are_there_in_development_only(debug: str, apps: str) -> None:
    """The dependency group `dev` is installed here; what production does not have, it may not import."""
    code = (
        "import sys, config.wsgi, config.urls;"
        "print(*(name for name in ('django_browser_reload', 'debug_toolbar') if name in sys.modules))"
    )
    said = run("-c", code, **SAFE | {"DEBUG": debug})
    assert said.stdout.split() == apps.split(), said.stderr
