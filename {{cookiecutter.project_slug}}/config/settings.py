"""The settings of the site, all of them, in the order of Django's documentation.

What differs between one machine and another comes from the environment and is read in the first section; the README
has the same list as a table. On a developer's machine the file `.env` adds to the environment; what is set for real
wins. Everything is safe by default: without `DEBUG=True` this is a production server.
"""

import logging
import os
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf.global_settings import FILE_UPLOAD_HANDLERS
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

from config.environment import REQUIRED, allowed_hosts, mailer, names, proxies, stop_if_malformed
from config.headers import add_to_static_file, store_origin

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The answers given when this site was generated -----------------------------------------------------------------

SITE_NAME = "{{ cookiecutter.__project_name }}"
SITE_DESCRIPTION = "{{ cookiecutter.__description }}"
SITE_AUTHOR = "{{ cookiecutter.__author_name }}"
SITE_AUTHOR_EMAIL = "{{ cookiecutter.__author_email }}"
SITE_DOMAIN = "{{ cookiecutter.__domain_name }}"
TIME_ZONE = "{{ cookiecutter.__time_zone }}"

# cc: if false
SITE_DOMAIN, TIME_ZONE = "example.com", "UTC"  # the template itself, not yet rendered, runs without answers
# cc: endif
# --- The environment ------------------------------------------------------------------------------------------------

env = Env(eager=False)  # collect every fault, so that one message names them all
env.read_env(BASE_DIR / ".env", recurse=False)
for parser in (mailer, names, proxies):
    env.add_parser(parser.__name__, parser)
origin = validate.Regexp(r"(https?://[^/?#\s]+)?\Z", error="Not an origin: scheme and host, nothing after them.")
dsn = validate.Regexp(r"(https?://[^@/\s]+@\S+/\d+)?\Z", error="Not a DSN of Sentry.")
redis = validate.Regexp(r"((rediss?|unix)://\S+)?\Z", error="Not the URL of a Redis server.")

DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY: str = env.str("SECRET_KEY", "django-insecure-for-development-only" if DEBUG else "")
ALLOWED_HOSTS: list[str] = env.names("ALLOWED_HOSTS", [])
if not DEBUG:  # in development Django allows localhost, as long as nothing is named
    ALLOWED_HOSTS = allowed_hosts(ALLOWED_HOSTS, SITE_DOMAIN, os.environ)
ADMIN_URL: str = env.str("ADMIN_URL", "admin/").strip("/") + "/"
ADMINS: list[str] = env.names("ADMINS", [SITE_AUTHOR_EMAIL])
on_heroku: bool = bool(env.str("DYNO", ""))
# Connections live on for ten minutes, and are looked at before each use: the server may have gone meanwhile.
keep = {"conn_max_age": 600, "conn_health_checks": True}
database = env.dj_db_url("DATABASE_URL", **keep) if env.str("DATABASE_URL", "") else None
cache_url: str = env.str("CACHE_URL", "", validate=redis) or env.str("REDIS_URL", "", validate=redis)
has_mail_server: bool = bool(env.str("EMAIL_URL", ""))
MAILERS = {"default": env.mailer("EMAIL_URL", "", otherwise="console://" if DEBUG else "smtp://localhost:25")}
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", SITE_AUTHOR_EMAIL)
LOG_LEVEL: int = env.log_level("LOG_LEVEL", logging.INFO)
SENTRY_DSN: str = env.str("SENTRY_DSN", "", validate=dsn)
STATIC_HOST: str = env.str("STATIC_HOST", "", validate=origin)  # a CDN that asks this site for the files
MEDIA_ROOT: Path = env.path("MEDIA_ROOT", BASE_DIR / "media")
AWS_STORAGE_BUCKET_NAME: str = env.str("AWS_STORAGE_BUCKET_NAME", "")  # with it, uploads go there
AWS_S3_ENDPOINT_URL: str | None = env.str("AWS_S3_ENDPOINT_URL", "", validate=origin) or None
AWS_S3_REGION_NAME: str | None = env.str("AWS_S3_REGION_NAME", "") or None
# Stores other than Amazon's know the bucket in the path; few want it in the host name.
style = "path" if AWS_S3_ENDPOINT_URL else "virtual"
AWS_S3_ADDRESSING_STYLE: str = env.str("AWS_S3_ADDRESSING_STYLE", style, validate=validate.OneOf(["path", "virtual"]))
AWS_ACCESS_KEY_ID: str | None = env.str("AWS_ACCESS_KEY_ID", "") or None
AWS_SECRET_ACCESS_KEY: str | None = env.str("AWS_SECRET_ACCESS_KEY", "") or None
upload_max_megabytes: int = env.int("UPLOAD_MAX_MEGABYTES", 25, validate=validate.Range(min=1))
TRUSTED_PROXIES: list[str] = env.proxies("FORWARDED_ALLOW_IPS", ["*"] if on_heroku else ["127.0.0.1", "::1"])
SITE_INDEXED: bool = env.bool("SITE_INDEXED", not DEBUG)  # may search engines list the site? `False` on staging
# HTTPS. The long values of HSTS are hard to take back: raise them when the site has run on HTTPS for a while.
SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", 0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", not DEBUG)
SECURE_HSTS_PRELOAD: bool = env.bool("SECURE_HSTS_PRELOAD", not DEBUG)

stop_if_malformed(env, [name for name in REQUIRED if not DEBUG and not globals()[name]])

# --- Core settings --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",  # for its checks, and for `manage.py startapp`, which makes apps that follow this site's layout
    "accounts",
    "pages",
    "staticproof",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",  # before staticfiles: WhiteNoise serves in development as it does in production
    "django.contrib.staticfiles",
    "axes",  # counts failed sign-ins
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.logs.RequestLogMiddleware",
    # These stand around all others, so that errors and redirects carry the headers too.
    "config.headers.HeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "edge.middleware.StaticFilesMiddleware",  # WhiteNoise: directly after the security one, before all others
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it replaces the answer to a sign-in that is locked out
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# Without DATABASE_URL: SQLite, as its makers advise for a web server. Writers queue instead of failing: a transaction
# takes the write lock when it begins (IMMEDIATE) and waits for it up to `timeout` seconds; readers go on (WAL).
sqlite: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}
# No thread waits longer for a server that is silent: seconds to connect, milliseconds for data to arrive. Heroku's
# databases take nothing but TLS.
postgresql: dict[str, Any] = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
postgresql |= {"sslmode": "require"} if on_heroku else {}

DATABASES = {"default": database or {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
options = {"django.db.backends.sqlite3": sqlite, "django.db.backends.postgresql": postgresql}
DATABASES["default"]["OPTIONS"] = {  # what the URL says wins
    **options.get(DATABASES["default"]["ENGINE"], {}),
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sessions are in the database, with the users: what signs out while the cache is away stays signed out.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if cache_url:
    CACHES["default"] = {"BACKEND": "config.cache.RedisCache", "LOCATION": cache_url}
    # Heroku signs the certificates itself. https://devcenter.heroku.com/articles/connecting-heroku-redis
    if on_heroku and cache_url.startswith("rediss:"):
        CACHES["default"]["OPTIONS"] = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}

# A task runs at once, in the request that asks for it: there is no worker to look after.
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}

SERVER_EMAIL = DEFAULT_FROM_EMAIL

# To the terminal, which every platform collects: lines for people in development, for machines in production.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{levelname} {name}: {message}", "style": "{"},
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "text" if DEBUG else "json"},
        "admins": {"class": "config.logs.PatientAdminEmailHandler"},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Each request has its own line: only failures need another one, with the traceback.
        "django.request": {"level": "ERROR", "handlers": ["admins"] if has_mail_server and not DEBUG else []},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # scanners try names all day
        "config.requests": {"level": "WARNING" if DEBUG else LOG_LEVEL},  # `runserver` has lines of its own
        "django.server": {"propagate": False},
    },
}
if SENTRY_DSN:  # imported only where it is wanted, for it is large
    from config.sentry import report_errors

    report_errors(SENTRY_DSN)

# --- Templates ------------------------------------------------------------------------------------------------------

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.website",
            ],
        },
    },
]
if not DEBUG:  # what is constant in a template is rendered once
    TEMPLATES[0]["APP_DIRS"] = False  # the loaders below look there
    in_folders = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
    TEMPLATES[0]["OPTIONS"]["loaders"] = [("config.templates.Loader", in_folders)]

# --- Languages and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files and media -----------------------------------------------------------------------------------------
# Static files are written by you and travel with the code: collected, hashed, compressed, served by WhiteNoise.
# Media is uploaded by users and never trusted: its own folder, its own URL, not served by WhiteNoise, not in git.

STATIC_URL = f"{STATIC_HOST}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"  # written by collectstatic; never edited, never committed
STATICFILES_DIRS = [
    BASE_DIR / "static",  # files of the whole site; those of one app live in <app>/static/<app>/ and need no entry
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "staticproof.storage.IncrementalStaticFilesStorage"},
}
if AWS_STORAGE_BUCKET_NAME:
    STORAGES["default"] = {"BACKEND": "config.storages.MediaStorage"}  # it reads the settings named AWS_*
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # a URL that bypasses the `static` tag then fails in every test, not later
WHITENOISE_MIMETYPES = {  # WhiteNoise knows these as application/octet-stream
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
    ".jxl": "image/jxl",
}
WHITENOISE_ADD_HEADERS_FUNCTION = add_to_static_file
MEDIA_URL = "/media/"
FILE_UPLOAD_HANDLERS = ["config.media.UploadLimit", *FILE_UPLOAD_HANDLERS]
UPLOAD_MAX_BYTES = upload_max_megabytes * 1_000_000

# --- Users ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # for passwords of users that were brought along
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "pages:home"

# Five wrong passwords for one name from one address, then fifteen minutes of rest. Not for the name alone: a stranger
# could lock its owner out. Counted in the database, which all processes share.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.client.address"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the rest ends, however often one knocks
AXES_DISABLE_ACCESS_LOG = True  # no list of who signed in when and from where
AXES_ENABLE_ADMIN = False  # `manage.py axes_reset` lets everybody in again
AXES_VERBOSE = False

# --- Security -------------------------------------------------------------------------------------------------------
# Django is told of HTTPS by gunicorn, which believes the proxy only (forwarded_allow_ips in gunicorn.conf.py).

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# A browser accepts a `__Host-` cookie over HTTPS only, and from this very host: no subdomain can plant one.
SESSION_COOKIE_NAME = "sessionid" if DEBUG else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEBUG else "__Host-csrftoken"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# A proxy that changes the Host header must not break forms. No wildcards: they may be other people's names.
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith((".", "*"))]
# What the pages do not use, nothing on them may use.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
        "payment", "usb",
    )
)  # fmt: skip

# Nothing is allowed but what is named here; an inline script or style needs `{% csp_nonce_attr %}`. The error pages may
# have neither a nonce nor a static file to count on: their style is inline, and allowed by its hash.
error_style = (BASE_DIR / "templates" / "errors" / "style.css").read_text(encoding="utf-8").encode()
error_style_hash = f"'sha256-{b64encode(sha256(error_style).digest()).decode()}'"
own = [CSP.SELF, STATIC_HOST] if STATIC_HOST else [CSP.SELF]
media = [store_origin(AWS_STORAGE_BUCKET_NAME, AWS_S3_ADDRESSING_STYLE, AWS_S3_ENDPOINT_URL, AWS_S3_REGION_NAME)]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [*own, CSP.NONCE],
    "style-src": [*own, CSP.NONCE, error_style_hash],
    "img-src": [*own, *(media if AWS_STORAGE_BUCKET_NAME else []), "data:"],
    "font-src": own,
    "connect-src": own,
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

# --- Development ----------------------------------------------------------------------------------------------------
# Pages that reload when a file changes, and the debug toolbar: for you alone, at http://localhost:8000/. Production has
# neither, for they are in the dependency group `dev`. The policy above allows them as it is.

DEVELOPMENT_APPS = [name for name in ("django_browser_reload", "debug_toolbar") if DEBUG and find_spec(name)]
INSTALLED_APPS += DEVELOPMENT_APPS
if "django_browser_reload" in DEVELOPMENT_APPS:
    MIDDLEWARE += ["django_browser_reload.middleware.BrowserReloadMiddleware"]
if "debug_toolbar" in DEVELOPMENT_APPS:
    after_static = MIDDLEWARE.index("edge.middleware.StaticFilesMiddleware") + 1  # early, and inside the CSP
    MIDDLEWARE.insert(after_static, "debug_toolbar.middleware.DebugToolbarMiddleware")
    DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}  # a small handle at the side, until it is wanted
    INTERNAL_IPS = ["127.0.0.1", "::1"]
