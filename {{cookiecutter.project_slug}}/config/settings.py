"""The settings of the site, all of them, in the order of Django's documentation.

What differs between one machine and another comes from the environment and is read in the first section; the README
has the same list as a table. On a developer's machine the file `.env` adds to the environment; what is set for real
wins. Everything is safe by default: without `DEBUG=True` this is a production server.
"""

from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The answers given when this site was generated -----------------------------------------------------------------

SITE_NAME = "{{ cookiecutter.__project_name }}"
SITE_DESCRIPTION = "{{ cookiecutter.__description }}"
SITE_AUTHOR = "{{ cookiecutter.__author_name }}"
SITE_AUTHOR_EMAIL = "{{ cookiecutter.__author_email }}"
SITE_DOMAIN = "{{ cookiecutter.__domain_name }}"
TIME_ZONE = "{{ cookiecutter.__time_zone }}"

# cc: if false
TIME_ZONE = "UTC"  # the template itself, not yet rendered, has no answer and runs all the same
# cc: endif
# --- The environment ------------------------------------------------------------------------------------------------

env = Env(eager=False)  # collect every fault, so that one message names them all
env.read_env(BASE_DIR / ".env", recurse=False)

DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY: str = env.str("SECRET_KEY", "django-insecure-for-development-only" if DEBUG else "")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [])
ADMIN_URL: str = env.str("ADMIN_URL", "admin/").strip("/") + "/"
database = env.dj_db_url("DATABASE_URL") if env.str("DATABASE_URL", "") else None
mail = env.dj_email_url("EMAIL_URL", "console://" if DEBUG else "smtp://localhost:25")
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", SITE_AUTHOR_EMAIL)
MEDIA_ROOT: Path = env.path("MEDIA_ROOT", BASE_DIR / "media")
SITE_INDEXED: bool = env.bool("SITE_INDEXED", not DEBUG)  # may search engines list the site? `False` on staging
# HTTPS. The long values of HSTS are hard to take back: raise them when the site has run on HTTPS for a while.
SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", 0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", not DEBUG)
SECURE_HSTS_PRELOAD: bool = env.bool("SECURE_HSTS_PRELOAD", not DEBUG)

try:
    env.seal()
except EnvError as error:
    raise SystemExit(f"{error}. The README explains each variable.") from None

# --- Core settings --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",  # for `manage.py startapp`, which makes apps that follow this site's layout
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
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "edge.middleware.StaticFilesMiddleware",  # WhiteNoise: directly after the security one, before all others
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# Without DATABASE_URL: SQLite, as its makers advise for a web server. Writers queue instead of failing: a transaction
# takes the write lock when it begins (IMMEDIATE) and waits for it up to `timeout` seconds; readers go on (WAL).
DATABASES = {"default": database or {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MAILERS = {
    "default": {
        "BACKEND": mail["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": mail["EMAIL_HOST"],
            "port": mail["EMAIL_PORT"],
            "username": mail["EMAIL_HOST_USER"],
            "password": mail["EMAIL_HOST_PASSWORD"],
            "use_tls": mail["EMAIL_USE_TLS"],
            "use_ssl": mail["EMAIL_USE_SSL"],
            "timeout": 10,
        }
        if mail["EMAIL_HOST"]
        else {},
    },
}
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# To the terminal, which every platform collects; Django's default would be silent in production.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "propagate": True}, "django.server": {"propagate": False}},
}

# --- Templates ------------------------------------------------------------------------------------------------------

TEMPLATES = [
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

# --- Languages and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files and media -----------------------------------------------------------------------------------------
# Static files are written by you and travel with the code: collected, hashed, compressed, served by WhiteNoise.
# Media is uploaded by users and never trusted: its own folder, its own URL, not served by WhiteNoise, not in git.

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"  # written by collectstatic; never edited, never committed
STATICFILES_DIRS = [
    BASE_DIR / "static",  # files of the whole site; those of one app live in <app>/static/<app>/ and need no entry
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "staticproof.storage.IncrementalStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # a URL that bypasses the `static` tag then fails in every test, not later
WHITENOISE_MIMETYPES = {  # WhiteNoise knows these as application/octet-stream
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
    ".jxl": "image/jxl",
}
MEDIA_URL = "/media/"

# --- Users ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "pages:home"

# --- Security -------------------------------------------------------------------------------------------------------
# Django is told of HTTPS by gunicorn, which believes the proxy only (forwarded_allow_ips in gunicorn.conf.py).

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# A browser accepts a `__Host-` cookie over HTTPS only, and from this very host: no subdomain can plant one.
SESSION_COOKIE_NAME = "sessionid" if DEBUG else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEBUG else "__Host-csrftoken"
X_FRAME_OPTIONS = "DENY"

# Nothing is allowed but what is named here; an inline script or style needs `{% csp_nonce_attr %}`. The error pages may
# have neither a nonce nor a static file to count on: their style is inline, and allowed by its hash.
error_style = (BASE_DIR / "templates" / "errors" / "style.css").read_text(encoding="utf-8").encode()
error_style_hash = f"'sha256-{b64encode(sha256(error_style).digest()).decode()}'"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE, error_style_hash],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
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
    inside_csp = MIDDLEWARE.index("django.middleware.csp.ContentSecurityPolicyMiddleware") + 1  # it uses the nonce
    MIDDLEWARE.insert(inside_csp, "debug_toolbar.middleware.DebugToolbarMiddleware")
    DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}  # a small handle at the side, until it is wanted
    INTERNAL_IPS = ["127.0.0.1", "::1"]
