"""The rules for the settings: S1 to S3, L4, L5 and L9. Each finding points at the line of the setting."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django import VERSION
from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.utils.module_loading import import_string

from ..findings import Level
from ..project import is_own, shown
from .contract import Contract, configured_class, contract, site_storages
from .ignored_files import REMEDY, is_ignored
from .run import Run

SECURITY = "django.middleware.security.SecurityMiddleware"
SERVERS = ("whitenoise.middleware.WhiteNoiseMiddleware", "servestatic.middleware.ServeStaticMiddleware")
MANIFEST = '"whitenoise.storage.CompressedManifestStaticFilesStorage"'
DEAD = {"STATICFILES_STORAGE": "staticfiles", "DEFAULT_FILE_STORAGE": "default"}  # ignored since Django 5.1
OWN_FOLDER = "Keep uploads, which are not trusted, in a folder of their own."


def check(run: Run) -> None:
    """Check the settings for the sources, the target and the serving of static files."""
    _middleware(run)
    _storage(run)
    _urls(run)
    _missing_folders(run)
    _overlaps(run)


def _middleware(run: Run) -> None:
    servers, security = _positions(SERVERS), _positions((SECURITY,))
    if not servers:
        if not any(importlib.util.find_spec(name.partition(".")[0]) for name in SERVERS):
            return  # a web server or a CDN serves them
        # A web server or a CDN may serve them. A site with WhiteNoise's storage has probably forgotten the middleware.
        message = "WhiteNoise is installed but not in MIDDLEWARE: Django serves no static files in production."
        hint = f'Add "{SERVERS[0]}" directly after SecurityMiddleware.'
        storage = configured_class()
        meant = storage is not None and storage.__module__.partition(".")[0] in {"whitenoise", "whitenoise_edge"}
        _add(run, 81, message, hint, "MIDDLEWARE", Level.ERROR if meant else Level.WARNING)
    elif security and servers[0] != security[0] + 1:
        message = "WhiteNoise is not directly after SecurityMiddleware in MIDDLEWARE."
        hint = "Move it there, so that files get the security headers and no other middleware runs for them."
        _add(run, 81, message, hint, "MIDDLEWARE", Level.WARNING)


def _positions(wanted: tuple[str, ...]) -> list[int]:
    """Return the places in MIDDLEWARE of these classes and of their subclasses."""
    found: list[int] = []
    for position, name in enumerate(settings.MIDDLEWARE):
        try:
            ancestors = getattr(import_string(name), "__mro__", ())
        except ImportError:
            ancestors = ()
        names = {name, *(f"{cls.__module__}.{cls.__qualname__}" for cls in ancestors)}
        if not names.isdisjoint(wanted):
            found.append(position)
    return found


def _storage(run: Run) -> None:
    if VERSION >= (5, 1):  # https://docs.djangoproject.com/en/stable/releases/5.1/#features-removed-in-5-1
        for dead, alias in DEAD.items():
            if hasattr(settings, dead):
                message = f"{dead} has no effect since Django 5.1."
                _add(run, 82, message, f'Set STORAGES["{alias}"] and remove it.', dead)
                return
    storages = site_storages()
    missing = [alias for alias in ("default", "staticfiles") if alias not in storages]
    if missing:
        message = f"STORAGES lacks the key '{missing[0]}': setting STORAGES replaces Django's whole default."
        _add(run, 82, message, "Name both `default` and `staticfiles` in STORAGES.", "STORAGES")
        return
    backend = storages["staticfiles"].get("BACKEND", "")
    if configured_class() is None:
        message = f"The storage of static files, '{backend}', cannot be imported."
        _add(run, 82, message, f"Name an installed class, such as {MANIFEST}.", "STORAGES")
    elif not settings.DEBUG and contract() == Contract.PLAIN:
        message = f"The storage of static files, '{backend}', does not hash names, so browsers may keep old files."
        preview = "Preview the change with `provestatic --as-if manifest`."
        hint = f'Set STORAGES["staticfiles"] to {{"BACKEND": {MANIFEST}}}. {preview}'
        _add(run, 82, message, hint, "STORAGES", Level.WARNING)


def _urls(run: Run) -> None:
    storage = configured_class()
    if not settings.STATIC_ROOT and (storage is None or issubclass(storage, StaticFilesStorage)):
        message = "STATIC_ROOT is not set: collectstatic has no target folder."
        _add(run, 83, message, 'Set STATIC_ROOT = BASE_DIR / "staticfiles".', "STATIC_ROOT")
    if not settings.STATIC_URL:
        _add(run, 83, "STATIC_URL is not set.", 'Set STATIC_URL = "/static/".', "STATIC_URL")
    elif not settings.STATIC_URL.endswith("/"):
        _add(run, 83, f"STATIC_URL '{settings.STATIC_URL}' does not end in a slash.", "Add it.", "STATIC_URL")


def _missing_folders(run: Run) -> None:
    for entry in settings.STATICFILES_DIRS:
        location = Path(entry[1] if isinstance(entry, list | tuple) else entry)
        if not location.is_dir():
            message = f"'{shown(location)}' in STATICFILES_DIRS does not exist"
            if is_ignored(location):
                message = f"{message}. git ignores it, so a build creates it."
                _add(run, 65, message, REMEDY, "STATICFILES_DIRS", Level.WARNING)
            else:
                message = f"{message}, so no finder finds its files."
                _add(run, 65, message, "Create the folder, or remove the entry.", "STATICFILES_DIRS")


def _overlaps(run: Run) -> None:
    static, media = _resolved(settings.STATIC_ROOT), _resolved(settings.MEDIA_ROOT)
    for root in run.index.roots:
        if _overlap(static, root.folder.resolve()):
            message = f"STATIC_ROOT '{static}' and the source of static files '{root.folder.resolve()}' overlap."
            hint = 'Give STATIC_ROOT a folder of its own, such as BASE_DIR / "staticfiles".'
            _add(run, 64, message, hint, "STATIC_ROOT")
            break  # one finding for each setting, even when it overlaps several folders
    for root in run.index.roots:
        if root.own and _overlap(media, root.folder.resolve()):
            message = f"MEDIA_ROOT '{media}' and the source of static files '{root.folder.resolve()}' overlap."
            _add(run, 69, message, OWN_FOLDER, "MEDIA_ROOT")
    if _overlap(static, media):
        _add(run, 69, f"MEDIA_ROOT '{media}' and STATIC_ROOT '{static}' overlap.", OWN_FOLDER, "MEDIA_ROOT")
    static_url, media_url = urlsplit(settings.STATIC_URL or ""), urlsplit(settings.MEDIA_URL or "")
    if static_url.netloc != media_url.netloc or not (static_url.path.strip("/") and media_url.path.strip("/")):
        return  # MEDIA_URL is not set, or one of them is a whole host
    if static_url.path.startswith(media_url.path) or media_url.path.startswith(static_url.path):
        message = f"MEDIA_URL '{settings.MEDIA_URL}' and STATIC_URL '{settings.STATIC_URL}' overlap."
        _add(run, 69, message, 'Give each its own, such as "/media/" and "/static/".', "MEDIA_URL")


def _overlap(one: Path | None, other: Path | None) -> bool:
    return bool(one and other and (one.is_relative_to(other) or other.is_relative_to(one)))


def _resolved(folder: object) -> Path | None:
    return Path(str(folder)).resolve() if folder else None


def _add(run: Run, number: int, message: str, hint: str, setting: str, level: Level = Level.ERROR) -> None:
    file, line = where(setting)
    run.add(number, level, message, hint, file, line)


def where(setting: str) -> tuple[Path | None, int | None]:
    """Return the file and line of the last assignment of a setting.

    Search the settings module first, then the site's own modules in its package. When no line sets the setting, return
    the settings module and no line. When there is no settings module, the file is None.
    """
    main = sys.modules.get(str(getattr(settings, "SETTINGS_MODULE", "")))
    main = getattr(main, "_site", main)  # in a rehearsal, production.py replaces the site's own module
    if main is None or not main.__file__:
        return None, None
    package = main.__name__.rpartition(".")[0]
    others = [module for name, module in sorted(sys.modules.items()) if package and name.startswith(f"{package}.")]
    assignment = re.compile(rf"^[ \t]*{setting}[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
    for module in [main, *others]:
        path = Path(getattr(module, "__file__", None) or "")
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = path.read_text(encoding="utf-8") if is_own(path) else ""
            for found in [*assignment.finditer(text)][-1:]:
                return path, text.count("\n", 0, found.start()) + 1
    return Path(main.__file__), None
