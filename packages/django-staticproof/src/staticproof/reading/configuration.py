"""The rules for the settings: S1 to S3, L4, L5 and L9. Each finding points at the line of the setting."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django import VERSION
from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.utils.module_loading import import_string

from ..findings import Finding, Level
from ..project import shown
from .contract import Contract, configured_class, contract, site_storages
from .ignored_files import REMEDY, is_ignored
from .index import Index
from .settings_source import where

SECURITY = "django.middleware.security.SecurityMiddleware"
SERVERS = ("whitenoise.middleware.WhiteNoiseMiddleware", "servestatic.middleware.ServeStaticMiddleware")
MANIFEST = '"whitenoise.storage.CompressedManifestStaticFilesStorage"'
DEAD = {"STATICFILES_STORAGE": "staticfiles", "DEFAULT_FILE_STORAGE": "default"}  # ignored since Django 5.1


def check(index: Index) -> Iterator[Finding]:
    """Check the settings for the sources, the target and the serving of static files."""
    yield from _middleware()
    yield from _storage()
    yield from _urls()
    yield from _folders(index)
    yield from _media()


def _middleware() -> Iterator[Finding]:
    servers, security = _positions(SERVERS), _positions((SECURITY,))
    if not servers:
        if not any(importlib.util.find_spec(name.partition(".")[0]) for name in SERVERS):
            message = "No middleware serves static files. The proof cannot check whether a web server does."
            yield _finding(81, message, "See WhiteNoise's documentation.", "MIDDLEWARE", Level.NOTE)
            return
        # A web server or a CDN may serve them. A site with WhiteNoise's storage has probably forgotten the middleware.
        message = "WhiteNoise is installed but not in MIDDLEWARE: Django serves no static files in production."
        hint = f'Add "{SERVERS[0]}" directly after SecurityMiddleware.'
        storage = configured_class()
        meant = storage is not None and storage.__module__.partition(".")[0] in {"whitenoise", "whitenoise_edge"}
        yield _finding(81, message, hint, "MIDDLEWARE", Level.ERROR if meant else Level.WARNING)
    elif security and servers[0] != security[0] + 1:
        message = "WhiteNoise is not directly after SecurityMiddleware in MIDDLEWARE."
        hint = "Move it there, so that files get the security headers and no other middleware runs for them."
        yield _finding(81, message, hint, "MIDDLEWARE", Level.WARNING)


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


def _storage() -> Iterator[Finding]:
    if VERSION >= (5, 1):  # https://docs.djangoproject.com/en/stable/releases/5.1/#features-removed-in-5-1
        for dead, alias in DEAD.items():
            if hasattr(settings, dead):
                message = f"{dead} has no effect since Django 5.1."
                yield _finding(82, message, f'Set STORAGES["{alias}"] and remove it.', dead)
                return
    storages = site_storages()
    missing = [alias for alias in ("default", "staticfiles") if alias not in storages]
    if missing:
        message = f"STORAGES lacks the key '{missing[0]}': setting STORAGES replaces Django's whole default."
        yield _finding(82, message, "Name both `default` and `staticfiles` in STORAGES.", "STORAGES")
        return
    backend = storages["staticfiles"].get("BACKEND", "")
    storage = configured_class()
    if storage is None:
        message = f"The storage of static files, '{backend}', cannot be imported."
        yield _finding(82, message, f"Name an installed class, such as {MANIFEST}.", "STORAGES")
    elif not settings.DEBUG and contract() == Contract.PLAIN:
        message = f"The storage of static files, '{backend}', does not hash names, so browsers may keep old files."
        hint = (
            f'Set STORAGES["staticfiles"] to {{"BACKEND": {MANIFEST}}}. '
            "Preview the change with `provestatic --as-if manifest`."
        )
        yield _finding(82, message, hint, "STORAGES", Level.WARNING)


def _urls() -> Iterator[Finding]:
    storage = configured_class()
    if not settings.STATIC_ROOT and (storage is None or issubclass(storage, StaticFilesStorage)):
        message = "STATIC_ROOT is not set: collectstatic has no target folder."
        yield _finding(83, message, 'Set STATIC_ROOT = BASE_DIR / "staticfiles".', "STATIC_ROOT")
    if not settings.STATIC_URL:
        yield _finding(83, "STATIC_URL is not set.", 'Set STATIC_URL = "/static/".', "STATIC_URL")
    elif not settings.STATIC_URL.endswith("/"):
        yield _finding(83, f"STATIC_URL '{settings.STATIC_URL}' does not end in a slash.", "Add it.", "STATIC_URL")


def _folders(index: Index) -> Iterator[Finding]:
    static_root = _resolved(settings.STATIC_ROOT)
    for entry in settings.STATICFILES_DIRS:
        location = Path(entry[1] if isinstance(entry, list | tuple) else entry)
        if not location.is_dir():
            message = f"'{shown(location)}' in STATICFILES_DIRS does not exist, so no finder finds its files."
            hint = "Create the folder, or remove the entry."
            if is_ignored(location):
                message = (
                    f"'{shown(location)}' in STATICFILES_DIRS does not exist. git ignores it, so a build creates it."
                )
                yield _finding(65, message, REMEDY, "STATICFILES_DIRS", Level.WARNING)
            else:
                yield _finding(65, message, hint, "STATICFILES_DIRS")
    for root in index.roots:
        folder = root.folder.resolve()
        if static_root and (static_root.is_relative_to(folder) or folder.is_relative_to(static_root)):
            message = f"STATIC_ROOT '{static_root}' and the source of static files '{folder}' overlap."
            hint = 'Give STATIC_ROOT a folder of its own, such as BASE_DIR / "staticfiles".'
            yield _finding(64, message, hint, "STATIC_ROOT")
            break  # one finding for each setting, even when it overlaps several folders
    media = _resolved(settings.MEDIA_ROOT)
    for root in index.roots if media else ():
        folder = root.folder.resolve()
        if media and root.own and (media.is_relative_to(folder) or folder.is_relative_to(media)):
            message = f"MEDIA_ROOT '{media}' and the source of static files '{folder}' overlap."
            yield _finding(69, message, "Keep uploads, which are not trusted, in a folder of their own.", "MEDIA_ROOT")


def _media() -> Iterator[Finding]:
    static_root, media_root = _resolved(settings.STATIC_ROOT), _resolved(settings.MEDIA_ROOT)
    if (
        static_root
        and media_root
        and (media_root.is_relative_to(static_root) or static_root.is_relative_to(media_root))
    ):
        message = f"MEDIA_ROOT '{media_root}' and STATIC_ROOT '{static_root}' overlap."
        yield _finding(69, message, "Keep uploads, which are not trusted, in a folder of their own.", "MEDIA_ROOT")
    static_url, media_url = settings.STATIC_URL or "", settings.MEDIA_URL or ""
    same_host = urlsplit(static_url).netloc == urlsplit(media_url).netloc
    static_path, media_path = urlsplit(static_url).path, urlsplit(media_url).path
    if not (same_host and static_path.strip("/") and media_path.strip("/")):
        return  # MEDIA_URL is not set, or one of them is a whole host
    if static_path.startswith(media_path) or media_path.startswith(static_path):
        message = f"MEDIA_URL '{media_url}' and STATIC_URL '{static_url}' overlap."
        yield _finding(69, message, 'Give each its own, such as "/media/" and "/static/".', "MEDIA_URL")


def _resolved(folder: object) -> Path | None:
    return Path(str(folder)).resolve() if folder else None


def _finding(number: int, message: str, hint: str, setting: str, level: Level = Level.ERROR) -> Finding:
    file, line = where(setting)
    return Finding(number, level, message, hint, file, line)
