"""The settings of the site, in the order of Django's documentation.

Values that differ between machines are environment variables, declared in `config/environment.py`. All defaults are
safe: without `DEBUG=True` this is a production server.
"""

import logging
import os
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from importlib.util import find_spec
from typing import Any
from wsgiref.headers import Headers

from django.conf.global_settings import FILE_UPLOAD_HANDLERS
from django.utils.csp import CSP

from config.environment import BASE_DIR, env, mailer, production_hosts

# --- The answers given when this site was generated: change them here -----------------------------------------------
SITE_NAME = "{{ cookiecutter.project_name | quoted }}"
SITE_DESCRIPTION = "{{ cookiecutter.description | quoted }}"
SITE_AUTHOR = "{{ cookiecutter.author_name | quoted }}"
SITE_AUTHOR_EMAIL = "{{ cookiecutter.author_email | quoted }}"
TIME_ZONE = "{{ cookiecutter.time_zone }}"
# cc: if false
TIME_ZONE = "UTC"  # the template itself runs before it is rendered
# cc: endif

# --- Core settings --------------------------------------------------------------------------------------------------
SITE_DOMAIN: str = env.SITE_DOMAIN
SITE_INDEXED: bool = env.SITE_INDEXED
DEBUG: bool = env.DEBUG
SECRET_KEY: str = env.SECRET_KEY
# In development Django allows localhost, as long as the list is empty.
ALLOWED_HOSTS: list[str] = env.ALLOWED_HOSTS if DEBUG else production_hosts(env)
ADMIN_URL: str = env.ADMIN_URL.strip("/") + "/"
ADMINS: list[str] = env.ADMINS or [SITE_AUTHOR_EMAIL]
ON_HEROKU = bool(os.environ.get("DYNO"))

INSTALLED_APPS = [
    "core",
    "accounts",
    "pages",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",  # WhiteNoise serves static files in development too
    "whitenoise_edge",
    "django.contrib.staticfiles",
    "axes",  # limits failed sign-ins
]

MIDDLEWARE = [
    # These five come before all others, so that redirects and error pages have their headers too.
    "core.health.HealthCheckMiddleware",
    "core.middleware.RequestMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Heroku's router does not compress pages; other proxies do. This saves 60% of the home page in 0.1 ms. Against
    # BREACH, which guesses secrets from lengths, Django masks its CSRF tokens and adds random bytes to each page.
    *(["django.middleware.gzip.GZipMiddleware"] if ON_HEROKU else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as django-axes requires
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# --- Database, cache, mail ------------------------------------------------------------------------------------------
# SQLite as advised for web servers: a transaction takes the write lock when it begins, and readers do not wait.
DATABASES = {"default": env.DATABASE_URL or {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
database_options: dict[str, dict[str, Any]] = {
    "django.db.backends.sqlite3": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    },
    # Seconds and milliseconds: a server that does not answer blocks no thread for long.
    "django.db.backends.postgresql": {"connect_timeout": 5, "tcp_user_timeout": 10_000},
}
if ON_HEROKU:
    database_options["django.db.backends.postgresql"]["sslmode"] = "require"
of_engine = database_options.get(DATABASES["default"]["ENGINE"], {})
DATABASES["default"]["OPTIONS"] = of_engine | DATABASES["default"].get("OPTIONS", {})  # the URL may override them

# Sessions are in the database, so that a sign-out is valid even if the cache is down at that moment.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if cache_url := env.CACHE_URL or env.REDIS_URL:
    CACHES["default"] = {"BACKEND": "core.cache.RedisCache", "LOCATION": cache_url}
    # Heroku's certificates are self-signed. https://devcenter.heroku.com/articles/connecting-heroku-redis
    if ON_HEROKU and cache_url.startswith("rediss:"):
        CACHES["default"]["OPTIONS"] = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}

MAILERS = {"default": env.EMAIL_URL or mailer("console://" if DEBUG else "smtp://localhost:25")}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.DEFAULT_FROM_EMAIL or SITE_AUTHOR_EMAIL

# --- Logging --------------------------------------------------------------------------------------------------------
# To standard error, which every platform collects: lines of text in development, lines of JSON in production.
log_format = "text" if DEBUG else "json"
admins = ["admins"] if env.EMAIL_URL and not DEBUG else []
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{levelname} {name}: {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{levelname}{name}{message}{request_id}",
            "style": "{",
            "rename_fields": {"levelname": "level", "name": "logger", "exc_info": "exception"},
            "timestamp": "time",
        },
    },
    "filters": {"request_id": {"()": "core.logs.RequestIdFilter"}, "not_ready": {"()": "core.logs.NotReadyFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": log_format, "filters": ["request_id"]},
        "admins": {"class": "core.logs.ThrottledAdminEmailHandler"},
    },
    "root": {"handlers": ["console"], "level": env.LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR", "handlers": admins, "filters": ["not_ready"]},  # only failures
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # scanners send foreign hosts all day
        "django.server": {"propagate": False},  # `runserver` logs requests by itself
        "core.requests": {"level": logging.WARNING if DEBUG else env.LOG_LEVEL},
        "axes": {"level": "ERROR"},  # its lines contain user names
        "gunicorn.error": {"handlers": [], "propagate": True},  # gunicorn's own messages, in the same format
        "gunicorn.access": {"handlers": [], "propagate": False},  # Heroku switches it on, although its router logs too
        "gunicorn.http.wsgi": {"level": "ERROR"},  # warns of each HEAD request: Django leaves the body to gunicorn
    },
}
if env.SENTRY_DSN:
    from core.sentry import report_errors  # a large package

    report_errors(env.SENTRY_DSN)

# --- Templates, language, time --------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.website",
            ],
        },
    },
]

# The README shows how to change the language, and how to add a second one.
LANGUAGE_CODE = "en"

# --- Static files and uploads ---------------------------------------------------------------------------------------
# Static files are yours: git keeps them, collectstatic copies them under hashed names, WhiteNoise serves them.
# Uploads come from users: they have a folder and a URL of their own, and are never trusted.
STATIC_URL = f"{env.STATIC_HOST}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"  # written by collectstatic
STATICFILES_DIRS = [BASE_DIR / "static"]  # for the whole site; Django finds <app>/static/ by itself
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise_edge.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # a URL without the `static` tag then fails in every test
# WhiteNoise serves these as application/octet-stream.
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json", ".map": "application/json", ".jxl": "image/jxl"}

MEDIA_URL = "/media/"
MEDIA_ROOT = env.MEDIA_ROOT
FILE_UPLOAD_HANDLERS = ["core.uploads.UploadLimit", *FILE_UPLOAD_HANDLERS]
UPLOAD_MAX_BYTES = env.UPLOAD_MAX_MEGABYTES * 1_000_000
upload_origins: list[str] = []
if env.AWS_STORAGE_BUCKET_NAME:
    from core.storages import s3_storage, upload_origin  # they need a large package

    STORAGES["default"] = s3_storage(env)
    upload_origins = [upload_origin(STORAGES["default"])]

# --- Users ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # for the passwords of imported users
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "pages:home"

# Five wrong passwords for one name from one network lock the pair for 15 minutes; 50 from one network lock the network.
# A name alone is never locked, as a stranger could then lock out its owner. The README shows how to unlock.
AXES_FAILURE_LIMIT = 5
FAILED_SIGN_INS_PER_NETWORK = 50
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "accounts.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "core.client_ip.get_client_network"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # further attempts do not prolong the 15 minutes
AXES_DISABLE_ACCESS_LOG = True  # no list of the users' addresses
AXES_ENABLE_ADMIN = False

# --- Security -------------------------------------------------------------------------------------------------------
# gunicorn decides whether a request came by HTTPS. It trusts only the proxy: see gunicorn.conf.py.

TRUSTED_PROXIES: list[str] = env.FORWARDED_ALLOW_IPS
SECURE_SSL_REDIRECT: bool = env.SECURE_SSL_REDIRECT
SECURE_HSTS_SECONDS: int = env.SECURE_HSTS_SECONDS
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.SECURE_HSTS_INCLUDE_SUBDOMAINS
SECURE_HSTS_PRELOAD: bool = env.SECURE_HSTS_PRELOAD and SECURE_HSTS_SECONDS >= 31_536_000  # https://hstspreload.org
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # asks for SECURE_HSTS_PRELOAD; hstspreload.org warns of it as a default
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# Browsers accept a `__Host-` cookie only over HTTPS and from this host, so no subdomain can set it.
SESSION_COOKIE_NAME = "sessionid" if DEBUG else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEBUG else "__Host-csrftoken"
# For proxies that change the Host header. No wildcards, as other people may own such names.
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith((".", "*"))]

# The pages use none of these features.
unused_features = "accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi payment usb"
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in unused_features.split()}

# Everything that is not named is blocked. Inline scripts and styles need `{% csp_nonce_attr %}`. Error pages have one
# inline style, which the policy allows by its hash: they must work without a nonce and without static files.
error_style = (BASE_DIR / "templates" / "errors" / "style.css").read_text(encoding="utf-8").encode()
error_style_hash = f"'sha256-{b64encode(sha256(error_style).digest()).decode()}'"
static_origins = [CSP.SELF, env.STATIC_HOST] if env.STATIC_HOST else [CSP.SELF]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [*static_origins, CSP.NONCE],
    "style-src": [*static_origins, CSP.NONCE, error_style_hash],
    "img-src": [*static_origins, *upload_origins, "data:"],
    "font-src": static_origins,
    "connect-src": static_origins,
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# Static files are not secret: mails and previews on other sites may show them. deploy/nginx.conf has the same headers.
STATIC_FILE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in PERMISSIONS_POLICY),
    "X-Frame-Options": "DENY",
}


def WHITENOISE_ADD_HEADERS_FUNCTION(headers: Headers, path: str, url: str) -> None:
    for name, value in STATIC_FILE_HEADERS.items():
        headers[name] = value


# --- Development ----------------------------------------------------------------------------------------------------
# The packages of the dependency group `dev`, which production does not install.

if find_spec("staticproof"):
    INSTALLED_APPS += ["staticproof"]
    if DEBUG:
        MIDDLEWARE.insert(0, "staticproof.live.LiveMiddleware")  # findings in the terminal and on the page
if DEBUG and find_spec("django_browser_reload"):
    INSTALLED_APPS += ["django_browser_reload"]
    MIDDLEWARE += ["django_browser_reload.middleware.BrowserReloadMiddleware"]
if DEBUG and find_spec("debug_toolbar"):
    INSTALLED_APPS += ["debug_toolbar"]
    below_whitenoise = MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware") + 1
    MIDDLEWARE.insert(below_whitenoise, "debug_toolbar.middleware.DebugToolbarMiddleware")
    DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}
    INTERNAL_IPS = ["127.0.0.1", "::1"]
