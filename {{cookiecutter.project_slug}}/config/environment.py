"""The environment variables of the site: each is declared here, once.

`config/settings.py` and `gunicorn.conf.py` read the values from `env`. `manage.py document_environment` writes the
README's table and the file `.env.example` from the declarations. On a developer's machine the file `.env` adds
variables; a variable that is set in the environment wins.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dj_email_url
from environs import Env, EnvValidationError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent
EXAMPLE_DOMAIN = "example.com"  # reserved by RFC 2606: the answer of an owner without a domain
DOMAIN = "{{ cookiecutter.domain_name }}"
# cc: if false
DOMAIN = EXAMPLE_DOMAIN  # the template itself runs before it is rendered
# cc: endif

DOMAIN_NAME = validate.Regexp(r"[^/\s:]+(:\d+)?\Z", error="Not a domain.")
ORIGIN = validate.Regexp(r"https?://[^/?#\s]+\Z", error="Not an origin: a scheme and a host, with nothing after them.")
REDIS = validate.Regexp(r"(rediss?|unix)://\S+\Z", error="Not the URL of a Redis server.")
SENTRY = validate.Regexp(r"https?://[^@/\s]+@\S+/\d+\Z", error="Not a DSN of Sentry.")
LOOPBACK = ["127.0.0.1", "::1"]
NO_VALUE: Any = object()


@dataclass(frozen=True)
class Variable:
    """One environment variable.

    ``parse`` is a method of ``environs.Env`` or a parser below, and ``options`` are its arguments. ``development`` is
    the default with `DEBUG`, where it differs. ``default_text`` describes a default that is not a constant.
    """

    name: str
    parse: str
    default: Any
    help: str
    example: str = ""
    development: Any = NO_VALUE
    default_text: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def default_value(self, debug: bool) -> Any:
        return self.development if debug and self.development is not NO_VALUE else self.default


# fmt: off
VARIABLES = [
    Variable("SECRET_KEY", "str", "",
             "Signs sessions and tokens. Keep it secret, and the same on every machine. To make one: "
             "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`.",
             development="django-insecure-for-development-only", default_text="none; required without `DEBUG`"),
    Variable("ALLOWED_HOSTS", "names", [],
             "The host names that the site answers to, separated by commas. `SITE_DOMAIN` and the name that the "
             "platform gives to the site are added.", "www.example.com,.herokuapp.com",
             default_text="none; required without `DEBUG`, if there is nothing to add"),
    Variable("DEBUG", "bool", False, "Shows tracebacks in the browser. Never use it in production.", "True"),
    Variable("SITE_DOMAIN", "str", DOMAIN, "The domain of the site, for canonical links and `robots.txt`.",
             "www.example.com", default_text="the domain given when the site was generated",
             options={"validate": DOMAIN_NAME}),
    Variable("DATABASE_URL", "dj_db_url", None, "The database. On Heroku the connection always uses TLS.",
             "postgres://user:password@localhost:5432/name", default_text="SQLite in `db.sqlite3`",
             # Connections are kept for ten minutes. Django checks them before each use: the server may have restarted.
             options={"conn_max_age": 600, "conn_health_checks": True}),
    Variable("CACHE_URL", "str", "",
             "A Redis cache that all processes share; `rediss:` for TLS. The site keeps working while Redis is down.",
             "redis://user:password@localhost:6379/0", default_text="each process keeps a cache in its memory",
             options={"validate": REDIS}),
    Variable("REDIS_URL", "str", "", "The same as `CACHE_URL`, under the name that platforms use.",
             "rediss://:password@localhost:6379", options={"validate": REDIS}),
    Variable("EMAIL_URL", "mailer", None, "The mail server.", "submission://user:password@smtp.example.com:587",
             default_text="a server on this machine; the terminal with `DEBUG`"),
    Variable("DEFAULT_FROM_EMAIL", "str", "", "The sender of the site's mail.", "hello@example.com",
             default_text="the author's address"),
    Variable("ADMINS", "names", [],
             "The addresses that get a mail when a page fails, separated by commas. This needs `EMAIL_URL`.",
             "ada@example.com,bob@example.com", default_text="the author's address"),
    Variable("SENTRY_DSN", "str", "", "Reports errors to Sentry, without personal data.",
             "https://key@sentry.example.com/1", options={"validate": SENTRY}),
    Variable("LOG_LEVEL", "log_level", logging.INFO, "The lowest level that is logged.", "WARNING",
             default_text="`INFO`"),
    Variable("ADMIN_URL", "str", "admin/", "The path of the admin.", "backstage/"),
    Variable("STATIC_HOST", "str", "", "The origin of a CDN that fetches static files from this site.",
             "https://cdn.example.com", options={"validate": ORIGIN}),
    Variable("MEDIA_ROOT", "path", BASE_DIR / "media", "The folder of uploads.", "/data/media",
             default_text="`media/`"),
    Variable("AWS_STORAGE_BUCKET_NAME", "str", "",
             "Keeps uploads in this bucket, at Amazon or at any S3-compatible store.", "my-site-media"),
    Variable("AWS_ACCESS_KEY_ID", "str", None, "The name of the key to the bucket.", "AKIAIOSFODNN7EXAMPLE",
             default_text="provided by the machine"),
    Variable("AWS_SECRET_ACCESS_KEY", "str", None, "The key to the bucket.", "wJalrXUtnFEMI/EXAMPLEKEY",
             default_text="provided by the machine"),
    Variable("AWS_S3_REGION_NAME", "str", None, "The region of the bucket.", "eu-central-1"),
    Variable("AWS_S3_ENDPOINT_URL", "str", None, "The address of a store that is not Amazon's.",
             "https://s3.eu-central-003.example.com", default_text="Amazon", options={"validate": ORIGIN}),
    Variable("AWS_S3_ADDRESSING_STYLE", "str", "",
             "Whether URLs name the bucket in the host (`virtual`) or in the path (`path`).", "virtual",
             default_text="`virtual` at Amazon, `path` elsewhere",
             options={"validate": validate.OneOf(["path", "virtual"])}),
    Variable("UPLOAD_MAX_MEGABYTES", "int", 25, "The largest total size of the files in one form.", "100",
             options={"validate": validate.Range(min=1)}),
    Variable("SITE_INDEXED", "bool", True,
             "Whether `robots.txt` lets search engines in. Use `False` on a staging site.", "False", development=False),
    Variable("SECURE_SSL_REDIRECT", "bool", True, "Redirects HTTP to HTTPS.", "False", development=False),
    Variable("SECURE_HSTS_SECONDS", "int", 3600,
             "How long browsers use HTTPS only. It is hard to take back: raise it to `31536000` when HTTPS works well.",
             "31536000", development=0),
    Variable("SECURE_HSTS_INCLUDE_SUBDOMAINS", "bool", True, "The same for every subdomain.", "False",
             development=False),
    Variable("SECURE_HSTS_PRELOAD", "bool", True, "Allows browsers to list the site as HTTPS only.", "False",
             development=False),
    Variable("PORT", "int", 8000, "The port that gunicorn listens on.", "8080"),
    Variable("WEB_CONCURRENCY", "int", 2, "The number of gunicorn's worker processes.", "4",
             options={"validate": validate.Range(min=1)}),
    Variable("FORWARDED_ALLOW_IPS", "proxies", ["*"] if os.environ.get("DYNO") else LOOPBACK,
             "The proxies whose `X-Forwarded-Proto` and `X-Forwarded-For` are trusted: addresses and networks, "
             "separated by commas, or `*`.", "10.0.0.0/8,127.0.0.1", default_text="`127.0.0.1,::1`; `*` on Heroku"),
]
# fmt: on

# The host name that a platform gives to a site, by the variable that holds it: Heroku (with dyno metadata), Render,
# Railway, Fly.io and Azure App Service, from their documentation.
PLATFORM_HOSTS = {
    "HEROKU_APP_DEFAULT_DOMAIN_NAME": "{}",
    "RENDER_EXTERNAL_HOSTNAME": "{}",
    "RAILWAY_PUBLIC_DOMAIN": "{}",
    "FLY_APP_NAME": "{}.fly.dev",
    "WEBSITE_HOSTNAME": "{}",
}


def read_environment() -> SimpleNamespace:
    """Return the value of each variable as an attribute. An empty variable counts as not set.

    Raises:
        SystemExit: with one message that names every malformed or missing variable. What is only missing stops no
            command, as a build needs none: see ``require_environment()``.
    """
    reader = Env(eager=False)  # collects all faults
    reader.read_env(BASE_DIR / ".env", recurse=False)
    for parser in (mailer, names, proxies):
        reader.add_parser(parser.__name__, parser)
    values: dict[str, Any] = {}
    for variable in sorted(VARIABLES, key=lambda variable: variable.name != "DEBUG"):  # some defaults depend on DEBUG
        # An empty list of proxies would silently trust nobody.
        is_set = os.environ.get(variable.name) or (variable.parse == "proxies" and variable.name in os.environ)
        parse = getattr(reader, variable.parse)
        default = variable.default_value(bool(values.get("DEBUG")))
        values[variable.name] = parse(variable.name, **variable.options) if is_set else default
    found = SimpleNamespace(**values)
    try:
        reader.seal()
    except EnvValidationError as error:
        by_variable: Any = error.error_messages
        malformed = {name: " ".join(map(str, faults)) for name, faults in by_variable.items()}
        raise SystemExit(message(malformed | missing(found))) from None
    return found


def require_environment() -> None:
    """Stop a server that lacks a required variable.

    The WSGI and ASGI entry points call this. `collectstatic`, `check`, `makemigrations` and an image build do not: they
    need no variable.

    Raises:
        SystemExit: with a message that names every missing variable.
    """
    if lacking := missing(env):
        raise SystemExit(message(lacking))


def missing(found: SimpleNamespace) -> dict[str, str]:
    if found.DEBUG:
        return {}
    required = {"SECRET_KEY": found.SECRET_KEY, "ALLOWED_HOSTS": production_hosts(found, os.environ)}
    return {name: "It is missing, and DEBUG is off." for name, value in required.items() if not value}


def message(faults: Mapping[str, str]) -> str:
    """Return the message for all faults, by variable. It shows no value, as a value may be a secret."""
    declared = {variable.name: variable for variable in VARIABLES}
    lines = ["The site cannot start with this environment:", ""]
    for name, fault in faults.items():
        lines += [f"  {name}: {fault}", f"      {declared[name].help}"]
        lines += [f"      For example: {declared[name].example}"] if declared[name].example else []
    lines += ["", "For development, copy .env.example to .env. The README lists every variable."]
    return "\n".join(lines)


def production_hosts(found: SimpleNamespace, environ: Mapping[str, str]) -> list[str]:
    """Return the value of ALLOWED_HOSTS without DEBUG: the named hosts, the domain, and the platform's name."""
    platform = [form.format(environ[name]) for name, form in PLATFORM_HOSTS.items() if environ.get(name)]
    domain = found.SITE_DOMAIN or EXAMPLE_DOMAIN
    own = [] if domain == EXAMPLE_DOMAIN else [domain.partition(":")[0]]
    return list(dict.fromkeys([*(found.ALLOWED_HOSTS or []), *own, *platform]))


def names(value: str | Iterable[str]) -> list[str]:
    """Return the parts between commas, without surrounding spaces. A default is a list already."""
    return [name for part in value.split(",") if (name := part.strip())] if isinstance(value, str) else list(value)


def proxies(value: str) -> list[str]:
    """Return addresses and networks, or `*`.

    Raises:
        ValidationError: if a part is none of these, or empty.
    """
    found = [part.strip() for part in value.split(",")]
    for part in found:
        try:
            ip_network("::" if part == "*" else part)
        except ValueError as error:
            raise ValidationError(f"{error}." if part else "An address is empty.") from None
    return found


def mailer(url: str) -> dict[str, Any]:
    """Return an entry of Django's MAILERS setting.

    Raises:
        ValidationError: if the URL does not name a mail server.
    """
    try:
        mail = dj_email_url.parse(url)
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


env = read_environment()
