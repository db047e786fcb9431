"""What the environment may say, and what is said of an environment that is wrong."""

import re

import pytest
from environs import ValidationError

from config import settings
from config.environment import VARIABLES, allowed_hosts, mailer, names, proxies
from config.startup import require_environment


def test_every_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECRET_KEY", "")
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", [])
    with pytest.raises(SystemExit, match=r"(?s)SECRET_KEY.*ALLOWED_HOSTS"):
        require_environment()


def test_nothing_is_said_when_nothing_is_missing() -> None:
    require_environment()


def test_every_variable_that_the_settings_read_is_explained_and_in_the_readme() -> None:
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z0-9_]+)`", readme, re.MULTILINE))
    read_by_gunicorn = {"PORT", "WEB_CONCURRENCY"}
    set_by_heroku = {"DYNO"}
    assert set(settings.env.dump()) == set(VARIABLES)
    assert set(VARIABLES) - set_by_heroku == listed - read_by_gunicorn


def test_the_site_answers_to_its_domain_and_to_what_the_platform_calls_it() -> None:
    environ = {"FLY_APP_NAME": "boats", "RENDER_EXTERNAL_HOSTNAME": "boats.onrender.com", "WEBSITE_HOSTNAME": ""}
    found = allowed_hosts(["boats.example.org", "10.0.0.1"], "boats.example.org", environ)
    assert found == ["boats.example.org", "10.0.0.1", "boats.onrender.com", "boats.fly.dev"]


def test_a_placeholder_is_nobodys_domain() -> None:
    assert allowed_hosts([], "example.com", {}) == []


def test_blanks_around_names_do_not_matter() -> None:
    assert names(" a.example, .b.example ,,") == ["a.example", ".b.example"]
    assert proxies("*, 10.0.0.0/8,::1") == ["*", "10.0.0.0/8", "::1"]


@pytest.mark.parametrize("value", ["proxy.example.com", "10.0.0.1/8"])
def test_what_is_no_address_is_no_proxy(value: str) -> None:
    with pytest.raises(ValidationError, match=value):
        proxies(f"127.0.0.1,{value}")


def test_a_url_names_the_mail_server() -> None:
    made = mailer("submission://ada:s%40fe@smtp.example.com", "console://")
    assert made == {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": "smtp.example.com",
            "port": 587,
            "username": "ada",
            "password": "s@fe",
            "use_tls": True,
            "use_ssl": False,
            "timeout": 10,
        },
    }


def test_without_a_url_mail_goes_where_it_is_told() -> None:
    assert mailer("", "console://") == {"BACKEND": "django.core.mail.backends.console.EmailBackend", "OPTIONS": {}}


@pytest.mark.parametrize("url", ["smtp.example.com", "https://smtp.example.com", "smtp://example.com:port"])
def test_a_url_that_names_no_mail_server_is_malformed(url: str) -> None:
    with pytest.raises(ValidationError, match="Not a valid email URL"):
        mailer(url, "console://")
