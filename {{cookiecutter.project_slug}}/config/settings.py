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

from django.conf.global_settings import FILE_UPLOAD_HANDLERS
from django.utils.csp import CSP

from config.environment import BASE_DIR, env, mailer, production_hosts
from core.headers import add_static_headers, upload_origin

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
# In development Django allows localhost, as long as no host is named.
ALLOWED_HOSTS: list[str] = env.ALLOWED_HOSTS if DEBUG else production_hosts(env, os.environ)
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
    "whitenoise_edge",  # collectstatic copies and compresses only changed files
    "django.contrib.staticfiles",
    "axes",  # limits failed sign-ins
]

MIDDLEWARE = [
    # These five are around all others, so that redirects and error pages have their headers too.
    "core.health.HealthCheckMiddleware",
    "core.middleware.RequestMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as django-axes asks
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# --- Database, cache, tasks, mail -----------------------------------------------------------------------------------

# SQLite, with the settings that its makers advise for a web server: a transaction takes the write lock when it begins
# and waits up to five seconds for it, and readers do not wait.
DATABASES = {"default": env.DATABASE_URL or {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
database_options: dict[str, dict[str, Any]] = {
    "django.db.backends.sqlite3": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,  # seconds
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    },
    # A server that does not answer blocks no thread for long. Heroku's databases require TLS.
    "django.db.backends.postgresql": {
        "connect_timeout": 5,  # seconds
        "tcp_user_timeout": 10_000,  # milliseconds
        **({"sslmode": "require"} if ON_HEROKU else {}),
    },
}
DATABASES["default"]["OPTIONS"] = {
    **database_options.get(DATABASES["default"]["ENGINE"], {}),
    **DATABASES["default"].get("OPTIONS", {}),  # options in DATABASE_URL
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sessions are in the database: a sign-out stays one if the cache is down at that moment.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if cache_url := env.CACHE_URL or env.REDIS_URL:
    CACHES["default"] = {"BACKEND": "core.cache.RedisCache", "LOCATION": cache_url}
    # Heroku's certificates are self-signed. https://devcenter.heroku.com/articles/connecting-heroku-redis
    if ON_HEROKU and cache_url.startswith("rediss:"):
        CACHES["default"]["OPTIONS"] = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}

# A task runs at once, in the request that enqueues it.
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}

MAILERS = {"default": env.EMAIL_URL or mailer("console://" if DEBUG else "smtp://localhost:25")}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.DEFAULT_FROM_EMAIL or SITE_AUTHOR_EMAIL

# --- Logging --------------------------------------------------------------------------------------------------------
# To standard error, which every platform collects: lines of text in development, lines of JSON in production.

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
    "filters": {
        "request_id": {"()": "core.logs.RequestIdFilter"},
        "not_ready": {"()": "core.logs.NotReadyFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "text" if DEBUG else "json",
            "filters": ["request_id"],
        },
        "admins": {"class": "core.logs.ThrottledAdminEmailHandler"},
    },
    "root": {"handlers": ["console"], "level": env.LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {  # each request has a line already: only failures need another one, with the traceback
            "level": "ERROR",
            "filters": ["not_ready"],
            "handlers": ["admins"] if env.EMAIL_URL and not DEBUG else [],
        },
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # scanners send foreign hosts all day
        "django.server": {"propagate": False},  # `runserver` logs requests by itself
        "core.requests": {"level": logging.WARNING if DEBUG else env.LOG_LEVEL},
        "axes": {"level": "ERROR"},  # its lines contain user names
        "gunicorn.error": {"handlers": [], "propagate": True},  # gunicorn's own messages, in the same format
        "gunicorn.access": {"handlers": [], "propagate": False},  # Heroku switches it on, besides its router's log
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

LANGUAGE_CODE = "en"  # The README shows how to change it, and how to add a second language.

# --- Static files and uploads ---------------------------------------------------------------------------------------
# Static files are yours: git keeps them, collectstatic copies them under hashed names, WhiteNoise serves them.
# Uploads come from users: they have a folder and a URL of their own, and are never trusted.

STATIC_URL = f"{env.STATIC_HOST}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"  # written by collectstatic
STATICFILES_DIRS = [BASE_DIR / "static"]  # for the whole site; Django finds <app>/static/ by itself
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise_edge.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # a URL without the `static` tag then fails in every test
WHITENOISE_MIMETYPES = {  # WhiteNoise serves these as application/octet-stream
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
    ".jxl": "image/jxl",
}
WHITENOISE_ADD_HEADERS_FUNCTION = add_static_headers

MEDIA_URL = "/media/"
MEDIA_ROOT = env.MEDIA_ROOT
FILE_UPLOAD_HANDLERS = ["core.uploads.UploadLimit", *FILE_UPLOAD_HANDLERS]
UPLOAD_MAX_BYTES = env.UPLOAD_MAX_MEGABYTES * 1_000_000
AWS_STORAGE_BUCKET_NAME: str = env.AWS_STORAGE_BUCKET_NAME
AWS_ACCESS_KEY_ID = env.AWS_ACCESS_KEY_ID
AWS_SECRET_ACCESS_KEY = env.AWS_SECRET_ACCESS_KEY
AWS_S3_REGION_NAME = env.AWS_S3_REGION_NAME
AWS_S3_ENDPOINT_URL = env.AWS_S3_ENDPOINT_URL
# Most stores other than Amazon's expect the bucket in the path.
AWS_S3_ADDRESSING_STYLE = env.AWS_S3_ADDRESSING_STYLE or ("path" if AWS_S3_ENDPOINT_URL else "virtual")
if AWS_STORAGE_BUCKET_NAME:
    STORAGES["default"] = {"BACKEND": "core.storages.MediaStorage"}  # it reads the settings AWS_*

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
# A name alone is never locked, as a stranger could then lock out its owner. The README tells how to unlock.
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
AXES_VERBOSE = False

# --- Security -------------------------------------------------------------------------------------------------------
# gunicorn tells Django that a request came by HTTPS. It trusts the proxy only: see gunicorn.conf.py.

TRUSTED_PROXIES: list[str] = env.FORWARDED_ALLOW_IPS
SECURE_SSL_REDIRECT: bool = env.SECURE_SSL_REDIRECT
SECURE_HSTS_SECONDS: int = env.SECURE_HSTS_SECONDS
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.SECURE_HSTS_INCLUDE_SUBDOMAINS
SECURE_HSTS_PRELOAD: bool = env.SECURE_HSTS_PRELOAD
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# Browsers accept a `__Host-` cookie only over HTTPS and from this host, so no subdomain can set it.
SESSION_COOKIE_NAME = "sessionid" if DEBUG else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEBUG else "__Host-csrftoken"
# For proxies that change the Host header. No wildcards, as other people may own such names.
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith((".", "*"))]

# Features that the pages do not use.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "accelerometer": [],
    "camera": [],
    "display-capture": [],
    "geolocation": [],
    "gyroscope": [],
    "magnetometer": [],
    "microphone": [],
    "midi": [],
    "payment": [],
    "usb": [],
}

# Everything that is not named is blocked. Inline scripts and styles need `{% csp_nonce_attr %}`. Error pages have one
# inline style, which the policy allows by its hash: they must work without a nonce and without static files.
error_style = (BASE_DIR / "templates" / "errors" / "style.css").read_text(encoding="utf-8").encode()
error_style_hash = f"'sha256-{b64encode(sha256(error_style).digest()).decode()}'"
static_origins = [CSP.SELF, env.STATIC_HOST] if env.STATIC_HOST else [CSP.SELF]
upload_origins = [
    upload_origin(AWS_STORAGE_BUCKET_NAME, AWS_S3_ADDRESSING_STYLE, AWS_S3_ENDPOINT_URL, AWS_S3_REGION_NAME)
]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [*static_origins, CSP.NONCE],
    "style-src": [*static_origins, CSP.NONCE, error_style_hash],
    "img-src": [*static_origins, *(upload_origins if AWS_STORAGE_BUCKET_NAME else []), "data:"],
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
    "X-Frame-Options": X_FRAME_OPTIONS,
}

# --- Development ----------------------------------------------------------------------------------------------------
# These packages are in the dependency group `dev`, which production does not install: the proof of static files, pages
# that reload when a file changes, and the debug toolbar.

if find_spec("staticproof"):
    INSTALLED_APPS += ["staticproof"]
if DEBUG and find_spec("django_browser_reload"):
    INSTALLED_APPS += ["django_browser_reload"]
    MIDDLEWARE += ["django_browser_reload.middleware.BrowserReloadMiddleware"]
if DEBUG and find_spec("debug_toolbar"):
    INSTALLED_APPS += ["debug_toolbar"]
    below_whitenoise = MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware") + 1
    MIDDLEWARE.insert(below_whitenoise, "debug_toolbar.middleware.DebugToolbarMiddleware")
    DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}
    INTERNAL_IPS = ["127.0.0.1", "::1"]
