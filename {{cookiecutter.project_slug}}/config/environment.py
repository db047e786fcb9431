"""The environment variables of the site: each is declared here, once.

`config/settings.py` and `gunicorn.conf.py` read the values from `env`. `manage.py document_environment` writes the
README's table and the file `.env.example` from the declarations. On a developer's machine the file `.env` adds
variables; a variable that is set in the environment wins.
"""

import logging
import os
from collections.abc import Mapping
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

DOMAIN_NAME = {"validate": validate.Regexp(r"[^/\s:]+(:\d+)?\Z", error="Not a domain.")}
ORIGIN = {"validate": validate.Regexp(r"https?://[^/?#\s]+\Z", error="Not just a scheme and a host.")}
REDIS = {"validate": validate.Regexp(r"(rediss?|unix)://\S+\Z", error="Not the URL of a Redis server.")}
SENTRY = {"validate": validate.Regexp(r"https?://[^@/\s]+@\S+/\d+\Z", error="Not a DSN of Sentry.")}
POSITIVE = {"validate": validate.Range(min=1)}
NO_VALUE: Any = object()


@dataclass(frozen=True)
class Variable:
    name: str
    parse: str  # a method of environs.Env, or a parser below
    default: Any
    help: str
    example: str = ""
    development: Any = NO_VALUE  # the default with DEBUG, if it is another one
    default_text: str = ""  # describes a default that is not a constant
    options: dict[str, Any] = field(default_factory=dict)  # for `parse`


# fmt: off
VARIABLES = [
    Variable("SECRET_KEY", "str", "", "Signs sessions and tokens; keep it secret, and the same on every machine. "
             "To make one: `python -c 'import secrets; print(secrets.token_urlsafe(50))'`.",
             development="django-insecure-for-development-only", default_text="none; required without `DEBUG`"),
    Variable("ALLOWED_HOSTS", "names", [], "The host names that the site answers to, separated by commas. "
             "`SITE_DOMAIN` and the platform's name for the site are added.", "www.example.com,.herokuapp.com",
             default_text="none; required without `DEBUG`, unless a host is added"),
    Variable("DEBUG", "bool", False, "Shows tracebacks in the browser. Never use it in production.", "True"),
    Variable("SITE_DOMAIN", "str", DOMAIN, "The domain of the site, for canonical links and `robots.txt`.",
             "www.example.com", default_text="the domain given when the site was generated", options=DOMAIN_NAME),
    Variable("DATABASE_URL", "dj_db_url", None, "The database. On Heroku the connection always uses TLS.",
             "postgres://user:password@localhost:5432/name", default_text="SQLite in `db.sqlite3`",
             # Connections are kept for ten minutes. Django checks them before each use: the server may have restarted.
             options={"conn_max_age": 600, "conn_health_checks": True}),
    Variable("CACHE_URL", "str", "", "A Redis cache that all processes share. The site works without it too.",
             "redis://user:password@localhost:6379/0", default_text="a cache in the memory of each process",
             options=REDIS),
    Variable("REDIS_URL", "str", "", "The same as `CACHE_URL`, under the name that platforms use.",
             "rediss://:password@localhost:6379", options=REDIS),
    Variable("EMAIL_URL", "mailer", None, "The mail server.", "submission://user:password@smtp.example.com:587",
             default_text="a server on this machine; the terminal with `DEBUG`"),
    Variable("DEFAULT_FROM_EMAIL", "str", "", "The sender of the site's mail.", "hello@example.com",
             default_text="the author's address"),
    Variable("ADMINS", "names", [], "The addresses that get a mail when a page fails. This needs `EMAIL_URL`.",
             "ada@example.com,bob@example.com", default_text="the author's address"),
    Variable("SENTRY_DSN", "str", "", "Reports errors to Sentry, without personal data.",
             "https://key@sentry.example.com/1", options=SENTRY),
    Variable("LOG_LEVEL", "log_level", logging.INFO, "The lowest level that is logged.", "WARNING",
             default_text="`INFO`"),
    Variable("ADMIN_URL", "str", "admin/", "The path of the admin.", "backstage/"),
    Variable("STATIC_HOST", "str", "", "The origin of a CDN that fetches static files from this site.",
             "https://cdn.example.com", options=ORIGIN),
    Variable("MEDIA_ROOT", "path", BASE_DIR / "media", "The folder of uploads.", "/data/media", NO_VALUE, "`media/`"),
    Variable("AWS_STORAGE_BUCKET_NAME", "str", "", "Keeps uploads in this bucket of an S3-compatible store.", "boats"),
    Variable("AWS_ACCESS_KEY_ID", "str", None, "The name of the key to the bucket.", "AKIAIOSFODNN7EXAMPLE",
             default_text="provided by the machine"),
    Variable("AWS_SECRET_ACCESS_KEY", "str", None, "The key to the bucket.", "wJalrXUtnFEMI/EXAMPLEKEY",
             default_text="provided by the machine"),
    Variable("AWS_S3_REGION_NAME", "str", None, "The region of the bucket.", "eu-central-1"),
    Variable("AWS_S3_ENDPOINT_URL", "str", None, "The address of a store that is not Amazon's.",
             "https://s3.eu-central-003.example.com", default_text="Amazon", options=ORIGIN),
    Variable("AWS_S3_ADDRESSING_STYLE", "str", "", "Whether URLs name the bucket in the host or in the path.",
             "virtual", default_text="`virtual` at Amazon, `path` elsewhere",
             options={"validate": validate.OneOf(["path", "virtual"])}),
    Variable("UPLOAD_MAX_MEGABYTES", "int", 25, "The largest total size of the files in one form.", "100",
             options=POSITIVE),
    Variable("SITE_INDEXED", "bool", True, "Allows search engines. Use `False` on a staging site.", "False", False),
    Variable("SECURE_SSL_REDIRECT", "bool", True, "Redirects HTTP to HTTPS.", "False", False),
    Variable("SECURE_HSTS_SECONDS", "int", 3600, "How long browsers use HTTPS only. This is hard to take back: "
             "raise it to `31536000` when HTTPS works well.", "31536000", 0),
    Variable("SECURE_HSTS_INCLUDE_SUBDOMAINS", "bool", True, "The same for every subdomain.", "False", False),
    Variable("SECURE_HSTS_PRELOAD", "bool", False, "For browsers' HTTPS-only lists, which require a year.", "True"),
    Variable("PORT", "int", 8000, "The port that gunicorn listens on.", "8080"),
    Variable("WEB_CONCURRENCY", "int", 2, "The number of gunicorn's worker processes.", "4", options=POSITIVE),
    Variable("FORWARDED_ALLOW_IPS", "proxies", ["*"] if os.environ.get("DYNO") else ["127.0.0.1", "::1"],
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


def read_environment(env_file: Path = BASE_DIR / ".env") -> SimpleNamespace:
    """Return the value of each variable as an attribute. An empty variable counts as not set.

    Raise SystemExit with one message that names every malformed variable, and those that a server misses.
    """
    reader = Env(eager=False)  # collects all faults
    reader.read_env(env_file, recurse=False)
    for parser in (mailer, names, proxies):
        reader.add_parser(parser.__name__, parser)
    values: dict[str, Any] = {"DEBUG": False}
    for variable in sorted(VARIABLES, key=lambda variable: variable.name != "DEBUG"):  # some defaults depend on DEBUG
        value = reader.str(variable.name, None)
        if value or (value == "" and variable.parse == "proxies"):  # an empty list would silently trust no proxy
            values[variable.name] = getattr(reader, variable.parse)(variable.name, **variable.options)
        else:
            development = values["DEBUG"] and variable.development is not NO_VALUE
            values[variable.name] = variable.development if development else variable.default
    found = SimpleNamespace(**values)
    try:
        reader.seal()
    except EnvValidationError as error:
        faults: Any = error.error_messages
        raise SystemExit(message({name: " ".join(faults[name]) for name in faults} | missing(found))) from None
    return found


def require_environment() -> None:
    """Raise SystemExit with a message that names every missing variable. Only servers need one, not builds."""
    if faults := missing(env):
        raise SystemExit(message(faults))


def missing(found: SimpleNamespace) -> dict[str, str]:
    required = {"SECRET_KEY": found.SECRET_KEY, "ALLOWED_HOSTS": production_hosts(found)}
    return {} if found.DEBUG else {name: "It is missing, and DEBUG is off." for name in required if not required[name]}


def message(faults: Mapping[str, str]) -> str:
    """Return the message for all faults, by variable. It shows no value, as a value may be a secret."""
    declared = {variable.name: variable for variable in VARIABLES}
    lines = ["The site cannot start with this environment:", ""]
    for name, fault in faults.items():
        example = f" For example: {declared[name].example}" if declared[name].example else ""
        lines += [f"  {name}: {fault}", f"      {declared[name].help}{example}"]
    lines += ["", "For development, copy .env.example to .env. The README lists every variable."]
    return "\n".join(lines)


def production_hosts(found: SimpleNamespace) -> list[str]:
    """Return ALLOWED_HOSTS for production: the named hosts, the domain, and the platform's name for the site."""
    hosts = [*(found.ALLOWED_HOSTS or [])]
    if found.SITE_DOMAIN not in (None, EXAMPLE_DOMAIN):
        hosts.append(found.SITE_DOMAIN.partition(":")[0])
    hosts += [form.format(os.environ[name]) for name, form in PLATFORM_HOSTS.items() if os.environ.get(name)]
    return list(dict.fromkeys(hosts))


def names(value: str) -> list[str]:
    """Return the parts between commas, without surrounding spaces."""
    return [name for part in value.split(",") if (name := part.strip())]


def proxies(value: str) -> list[str]:
    """Return addresses, networks and `*`. Raise ValidationError for anything else, also for an empty part."""
    found = [part.strip() for part in value.split(",")]
    for part in found:
        try:
            ip_network("::" if part == "*" else part)
        except ValueError as error:
            raise ValidationError(f"{error}." if part else "An address is empty.") from None
    return found


def mailer(url: str) -> dict[str, Any]:
    """Return an entry of Django's MAILERS setting. Raise ValidationError if the URL does not name a mail server."""
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
