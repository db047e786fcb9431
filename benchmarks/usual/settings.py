"""The generated site's pages in the layout of other templates.

Middleware, apps, context processors, storage, logging and database options are those that cookiecutter-django, the
best-known of them, generates by default: https://github.com/cookiecutter/cookiecutter-django. Its mail provider, Redis
and PostgreSQL are left out, for no page here asks them, and so is what it only asks about (Celery, Sentry, an API).
Templates, static files, languages and the user model are the site's, so that both sides show the same page.

With USUAL_APPS=False the apps that this site has no use for are left out too: what the pages need at the very least.
"""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

env = environ.Env()
SITE = env.path("USUAL_SITE")
APPS = env.bool("USUAL_APPS", default=True)

# What the pages say of the site: the answers that it is generated with here.
BASE_DIR = Path(SITE())
SITE_NAME = "My Site"
SITE_DESCRIPTION = "A website made with Django."
SITE_AUTHOR = "Your Name"
SITE_AUTHOR_EMAIL = "you@example.com"
SITE_DOMAIN = "example.com"
SITE_INDEXED = True

DEBUG = False
SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
SITE_ID = 1

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": env("USUAL_DATABASE")}}
DATABASES["default"] |= {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 60}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "usual.urls"
WSGI_APPLICATION = "usual.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    *(["django.contrib.sites"] if APPS else []),
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.admin",
    "django.forms",
    *(["crispy_forms", "crispy_bootstrap5", "allauth", "allauth.account", "allauth.mfa"] if APPS else []),
    *(["allauth.socialaccount"] if APPS else []),
    "accounts",
    "pages",
    "staticproof",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["allauth.account.middleware.AccountMiddleware"] if APPS else []),
]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTHENTICATION_BACKENDS += ["allauth.account.auth_backends.AuthenticationBackend"] if APPS else []
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.template.context_processors.media",
                "django.template.context_processors.static",
                "django.template.context_processors.tz",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.website",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("USUAL_STATIC_ROOT"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_URL = "/media/"

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"verbose": {"format": "%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s"}},
    "handlers": {"console": {"level": "DEBUG", "class": "logging.StreamHandler", "formatter": "verbose"}},
    "root": {"level": "INFO", "handlers": ["console"]},
}
