"""The environment variables that the settings read: what each is for, and one message for all that is wrong.

config/settings.py reads them; the README lists them with their defaults; a test holds the three together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import dj_email_url
from environs import Env, EnvValidationError, ValidationError


@dataclass(frozen=True)
class Variable:
    """One environment variable, as messages explain it."""

    purpose: str
    example: str


REQUIRED = {
    "SECRET_KEY": Variable(
        "signs sessions and tokens; keep it secret and the same on every machine",
        "the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
    ),
    "ALLOWED_HOSTS": Variable(
        "the host names that the site answers to, separated by commas", "www.example.com,.herokuapp.com"
    ),
}
VARIABLES = REQUIRED | {
    "ADMINS": Variable("who gets a mail when a page fails, separated by commas", "ada@example.com,bob@example.com"),
    "ADMIN_URL": Variable("where the admin is", "backstage/"),
    "AWS_ACCESS_KEY_ID": Variable("the name of the key to the store of uploads", "AKIAIOSFODNN7EXAMPLE"),
    "AWS_S3_ADDRESSING_STYLE": Variable("where URLs name the bucket: in the host (virtual) or in the path", "virtual"),
    "AWS_S3_ENDPOINT_URL": Variable("a store of uploads that is not Amazon's", "https://s3.eu-central-003.example.com"),
    "AWS_S3_REGION_NAME": Variable("where the store of uploads is", "eu-central-1"),
    "AWS_SECRET_ACCESS_KEY": Variable("the key to the store of uploads", "wJalrXUtnFEMI/EXAMPLEKEY"),
    "AWS_STORAGE_BUCKET_NAME": Variable("the bucket that keeps uploads", "my-site-media"),
    "CACHE_URL": Variable("a cache that all processes share", "redis://user:password@host:6379/0"),
    "DATABASE_URL": Variable("the database", "postgres://user:password@host:5432/name"),
    "DEBUG": Variable("tracebacks in the browser; never in production", "True"),
    "DEFAULT_FROM_EMAIL": Variable("the sender of the site's mail", "hello@example.com"),
    "DYNO": Variable("set by Heroku", "web.1"),
    "EMAIL_URL": Variable("the mail server", "submission://user:password@smtp.example.com:587"),
    "FORWARDED_ALLOW_IPS": Variable("the proxies that are believed, separated by commas", "10.0.0.0/8,127.0.0.1"),
    "LOG_LEVEL": Variable("how much is logged", "WARNING"),
    "MEDIA_ROOT": Variable("the folder of uploads", "/data/media"),
    "REDIS_URL": Variable("the same as CACHE_URL, as platforms call it", "rediss://:password@host:6379"),
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": Variable("HTTPS only for every subdomain too", "False"),
    "SECURE_HSTS_PRELOAD": Variable("browsers may learn of HTTPS before the first visit", "False"),
    "SECURE_HSTS_SECONDS": Variable("how long browsers remember to use HTTPS only", "31536000"),
    "SECURE_SSL_REDIRECT": Variable("send visitors from HTTP to HTTPS", "False"),
    "SENTRY_DSN": Variable("where errors are reported", "https://key@sentry.example.com/1"),
    "SITE_INDEXED": Variable("whether search engines may list the site", "False"),
    "STATIC_HOST": Variable("the origin of a CDN before the static files", "https://cdn.example.com"),
    "UPLOAD_MAX_MEGABYTES": Variable("how large the files of one form may be together", "25"),
}
# The names that platforms give to a site by themselves, as variables: Heroku (with dyno metadata), Render, Railway,
# Fly.io and Azure App Service, in the words of their documentation.
PLATFORM_HOSTS = {
    "HEROKU_APP_DEFAULT_DOMAIN_NAME": "{}",
    "RENDER_EXTERNAL_HOSTNAME": "{}",
    "RAILWAY_PUBLIC_DOMAIN": "{}",
    "FLY_APP_NAME": "{}.fly.dev",
    "WEBSITE_HOSTNAME": "{}",
}
PLACEHOLDER = "example.com"  # nobody can own it (RFC 2606): the answer of who has no domain yet


def allowed_hosts(named: Iterable[str], domain: str, environ: Mapping[str, str]) -> list[str]:
    """The host names of a production site: those that are named, its domain, and what the platform calls it."""
    platform = [form.format(environ[name]) for name, form in PLATFORM_HOSTS.items() if environ.get(name)]
    own = [] if domain == PLACEHOLDER else [domain]
    return list(dict.fromkeys([*named, *own, *platform]))


def names(value: str | list[str]) -> list[str]:
    """What stands between commas, without the blanks around it; a default is a list already."""
    return [name for part in value.split(",") if (name := part.strip())] if isinstance(value, str) else value


def proxies(value: str | list[str]) -> list[str]:
    """Addresses and networks, or `*`.

    Raises:
        ValidationError: environs' way to say that a variable is malformed.
    """
    found = names(value)
    for name in found:
        try:
            ip_network("::" if name == "*" else name)
        except ValueError as error:
            raise ValidationError(f"{error}.") from None
    return found


def mailer(url: str, otherwise: str) -> dict[str, Any]:
    """One of Django's MAILERS, as the URL says it; without one, as ``otherwise`` says it.

    Raises:
        ValidationError: environs' way to say that a variable is malformed.
    """
    try:
        mail = dj_email_url.parse(url or otherwise)
        backend, host, port = mail["EMAIL_BACKEND"], mail["EMAIL_HOST"], mail["EMAIL_PORT"]
    except (KeyError, ValueError):
        raise ValidationError("Not a valid email URL.") from None
    options = {
        "host": host,
        "port": port,
        "username": mail["EMAIL_HOST_USER"],
        "password": mail["EMAIL_HOST_PASSWORD"],
        "use_tls": mail["EMAIL_USE_TLS"],
        "use_ssl": mail["EMAIL_USE_SSL"],
        "timeout": mail["EMAIL_TIMEOUT"] or 10,  # seconds
    }
    return {"BACKEND": backend, "OPTIONS": options if host else {}}


def stop_if_malformed(env: Env, missing: Iterable[str]) -> None:
    """Close the reading of the environment, and stop with one message that names every variable that is wrong.

    ``missing``: the names of what a server lacks besides. That alone is no reason to stop here.

    Raises:
        SystemExit: with the message, so that no traceback hides it.
    """
    try:
        env.seal()
    except EnvValidationError as error:
        faults: Any = error.error_messages  # by variable, since each belongs to one
        malformed = {name: " ".join(map(str, why)) for name, why in faults.items()}
        raise SystemExit(message(malformed, missing)) from None


def message(malformed: Mapping[str, str], missing: Iterable[str]) -> str:
    """What is wrong with the environment, variable by variable: what it is for, and an example. No value is shown."""
    lines = ["The site cannot start with this environment:", ""]
    for name, fault in {**malformed, **dict.fromkeys(missing, "It is missing, and DEBUG is off.")}.items():
        variable = VARIABLES[name]
        lines += [f"  {name}: {fault}", f"      {variable.purpose}", f"      for example: {variable.example}"]
    lines += ["", "For development, copy .env.example to .env. The README lists every variable."]
    return "\n".join(lines)
