"""The environment variables: one message for all faults, and the same list in the README and in .env.example."""

import importlib
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings as SettingsFixture

from config import environment

Load = Callable[..., dict[str, Any]]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Return a function that reads config/settings.py with some environment variables."""

    def load(**variables: str) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        importlib.reload(environment)
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))

    yield load
    monkeypatch.undo()
    importlib.reload(environment)


def test_the_readme_and_env_example_list_the_declared_variables() -> None:
    call_command("document_environment", check=True)


def test_a_missing_row_is_reported(settings: SettingsFixture, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!-- environment variables: begin --><!-- environment variables: end -->")
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match=r"README\.md is out of date"):
        call_command("document_environment", check=True)
    call_command("document_environment")
    assert "| `SECRET_KEY` |" in (tmp_path / "README.md").read_text()
    call_command("document_environment", check=True)


def test_one_message_names_all_malformed_and_missing_variables(load: Load) -> None:
    malformed = {
        "CACHE_URL": "memcached://a",
        "DATABASE_URL": "my:p4ss",
        "EMAIL_URL": "smtp",
        "FORWARDED_ALLOW_IPS": "127.0.0.1,",
        "PORT": "http",
        "SECURE_HSTS_SECONDS": "long",
        "SENTRY_DSN": "here",
        "STATIC_HOST": "https://a/b",
        "UPLOAD_MAX_MEGABYTES": "0",
    }
    with pytest.raises(SystemExit) as error:
        load(**malformed, SECRET_KEY="", ALLOWED_HOSTS="")
    message = str(error.value)
    assert [name for name in [*malformed, "SECRET_KEY"] if f"\n  {name}: " not in message] == []
    assert "p4ss" not in message
    with pytest.raises(SystemExit, match="FORWARDED_ALLOW_IPS"):
        load(FORWARDED_ALLOW_IPS="")


def test_the_env_file_adds_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT")
    (tmp_path / ".env").write_text("DEBUG=True\nPORT=9000\n")
    found = environment.read_environment(tmp_path / ".env")
    assert (found.PORT, found.DEBUG) == (9000, False)  # DEBUG is set in the environment, and empty


def test_a_server_names_all_missing_variables(load: Load) -> None:
    assert load(SECRET_KEY="", ALLOWED_HOSTS="", SITE_DOMAIN="example.com")["SECRET_KEY"] == ""  # enough for a build
    with pytest.raises(SystemExit, match=r"(?s)SECRET_KEY: It is missing.*ALLOWED_HOSTS: It is missing"):
        environment.require_environment()
    load(SECRET_KEY="x", SITE_DOMAIN="www.example.org")
    environment.require_environment()


def test_development_needs_no_variable(load: Load) -> None:
    loaded = load(DEBUG="True", SECRET_KEY="", ALLOWED_HOSTS="")
    environment.require_environment()
    assert loaded["SECRET_KEY"]
    assert loaded["SECURE_SSL_REDIRECT"] is False


def test_the_site_answers_to_its_domain_and_to_the_name_that_the_platform_gives_it(load: Load) -> None:
    platform = {"FLY_APP_NAME": "boats", "RENDER_EXTERNAL_HOSTNAME": "boats.onrender.com"}
    loaded = load(SITE_DOMAIN="boats.example.org", ALLOWED_HOSTS=" a.example, ,.b.example", **platform)
    hosts = ["a.example", ".b.example", "boats.example.org", "boats.onrender.com", "boats.fly.dev"]
    assert loaded["ALLOWED_HOSTS"] == hosts
    assert "https://.b.example" not in loaded["CSRF_TRUSTED_ORIGINS"]
    assert load(SITE_DOMAIN="example.com")["ALLOWED_HOSTS"] == [host for host in hosts if "example.org" not in host]


def test_the_database_is_postgresql_and_uses_tls_on_heroku(load: Load) -> None:
    database = load(DATABASE_URL="postgres://u:p@db/site")["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["OPTIONS"] == {"connect_timeout": 5, "tcp_user_timeout": 10_000}
    for query, mode in (("", "require"), ("?sslmode=verify-full", "verify-full")):
        database = load(DYNO="web.1", DATABASE_URL=f"postgres://u@db/a{query}")["DATABASES"]["default"]
        assert database["OPTIONS"]["sslmode"] == mode


def test_pages_are_compressed_where_no_proxy_does_it(load: Load) -> None:
    compress = "django.middleware.gzip.GZipMiddleware"
    assert compress not in load()["MIDDLEWARE"]
    assert compress in load(DYNO="web.1")["MIDDLEWARE"]


def test_browsers_list_the_site_only_if_the_owner_wants_it_for_a_year(load: Load) -> None:
    year = {"SECURE_HSTS_SECONDS": "31536000"}
    assert not load(**year)["SECURE_HSTS_PRELOAD"]
    assert load(**year, SECURE_HSTS_PRELOAD="True")["SECURE_HSTS_PRELOAD"]
    assert not load(SECURE_HSTS_SECONDS="3600", SECURE_HSTS_PRELOAD="True")["SECURE_HSTS_PRELOAD"]


def test_the_cache_is_redis(load: Load) -> None:
    cache = load(REDIS_URL="rediss://a:1")["CACHES"]["default"]
    assert cache == {"BACKEND": "core.cache.RedisCache", "LOCATION": "rediss://a:1"}
    cache = load(REDIS_URL="rediss://a:1", DYNO="web.1")["CACHES"]["default"]
    assert cache["OPTIONS"] == {"ssl_cert_reqs": "none", "ssl_check_hostname": False}


def test_a_bucket_keeps_uploads_and_the_policy_allows_it(load: Load) -> None:
    loaded = load(AWS_STORAGE_BUCKET_NAME="boats", AWS_S3_ENDPOINT_URL="https://store.example.com")
    assert loaded["STORAGES"]["default"]["OPTIONS"]["bucket_name"] == "boats"
    assert "https://store.example.com" in loaded["SECURE_CSP"]["img-src"]


def test_a_cdn_has_the_static_files_and_the_policy_allows_it(load: Load) -> None:
    loaded = load(STATIC_HOST="https://cdn.example.com")
    assert loaded["STATIC_URL"] == "https://cdn.example.com/static/"
    for directive in ("script-src", "style-src", "img-src", "font-src"):
        assert "https://cdn.example.com" in loaded["SECURE_CSP"][directive]


def test_a_url_names_the_mail_server(load: Load) -> None:
    mailer = load(EMAIL_URL="submission://ada:s%40fe@smtp.example.com")["MAILERS"]["default"]
    assert mailer["BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    options = mailer["OPTIONS"]
    assert (options["host"], options["port"], options["use_tls"]) == ("smtp.example.com", 587, True)
    assert (options["username"], options["password"]) == ("ada", "s@fe")
