"""Settings and an audit hook that prevent a rehearsal from changing or reaching anything outside its own folder."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

from ..rehearsal import NotRunError

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
FILES = "django.core.files.storage.FileSystemStorage"
PORTS = {"postg": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521}

# --- Settings ---------------------------------------------------------------------------------------------------------


def isolated(site: dict[str, Any], folder: Path, token: str, *, with_data: bool) -> dict[str, Any]:
    """Return the settings of a site, with replacements for everything that a rehearsal must not touch.

    ``folder`` is the rehearsal's own folder. ``token`` makes the names of its databases unique.

    Raises:
        NotRunError: when ``with_data`` is true and a database engine has no read-only sessions.
    """
    values = dict(site)
    values["DEBUG"] = False
    # The proof requests all pages from https://localhost/.
    values["ALLOWED_HOSTS"] = [*site.get("ALLOWED_HOSTS", []), ".localhost"]
    values |= {"ADMINS": [], "MANAGERS": [], "LOGGING_CONFIG": None}
    values["STATIC_ROOT"] = str(folder / "static")
    databases = site.get("DATABASES", {})
    values["DATABASES"] = read_only(databases) if with_data else throw_away(databases, folder, token)
    caches = {"default": {}, **site.get("CACHES", {})}
    values["CACHES"] = {alias: _cache(alias, cache) for alias, cache in caches.items()}
    values["SESSION_FILE_PATH"] = str(folder)
    if with_data:
        values["SESSION_ENGINE"] = "django.contrib.sessions.backends.signed_cookies"
    _storages(values, folder)
    _mail(values)
    _tasks(values)
    return values


def throw_away(databases: dict[str, Any], folder: Path, token: str) -> dict[str, Any]:
    """Return databases with unused names. Django's `setup_databases()` creates them.

    Aliases of one database stay aliases of one database.
    """
    names: dict[tuple[str, ...], str] = {}
    replaced: dict[str, Any] = {}
    for alias, database in databases.items():
        # By default, Django creates "default" before any other database, and fails when that one is not created.
        test = {**database.get("TEST", {}), "DEPENDENCIES": []}
        if _is_sqlite(database):
            name = str(folder / f"{alias}.sqlite3")
            test["NAME"] = None  # in memory
        else:
            place = tuple(str(database.get(key, "")) for key in ("ENGINE", "HOST", "PORT", "NAME"))
            test["NAME"] = name = names.setdefault(place, f"staticproof_{token}_{len(names)}")
        replaced[alias] = {**database, "NAME": name, "TEST": test}
    return replaced


def read_only(databases: dict[str, Any]) -> dict[str, Any]:
    """Return the site's own databases, with sessions that cannot write.

    SQLite: https://www.sqlite.org/uri.html, ``mode=ro``. PostgreSQL: ``default_transaction_read_only``. MySQL and
    MariaDB: ``SET SESSION TRANSACTION READ ONLY``.
    """
    replaced: dict[str, Any] = {}
    for alias, database in databases.items():
        options = {**database.get("OPTIONS", {})}
        changed = {**database, "OPTIONS": options}
        engine = database.get("ENGINE", "")
        if not engine or engine.endswith("dummy"):
            pass
        elif _is_sqlite(database):
            if not str(database["NAME"]).startswith(("file:", ":memory:")):
                changed["NAME"] = f"{Path(database['NAME']).resolve().as_uri()}?mode=ro"
        elif "postg" in engine:
            options["options"] = f"{options.get('options', '')} -c default_transaction_read_only=on".strip()
        elif "mysql" in engine:
            options["init_command"] = "; ".join(
                filter(None, (options.get("init_command", "").rstrip("; "), "SET SESSION TRANSACTION READ ONLY"))
            )
        else:
            raise NotRunError(f"--with-data knows no read-only sessions for the engine '{engine}'.")
        replaced[alias] = changed
    return replaced


def _is_sqlite(database: dict[str, Any]) -> bool:
    return str(database.get("ENGINE", "")).endswith(("sqlite3", "spatialite"))


def _cache(alias: str, cache: dict[str, Any]) -> dict[str, Any]:
    if cache.get("BACKEND", "").endswith("DummyCache"):
        return cache
    kept: dict[str, Any] = {
        key: cache[key] for key in ("KEY_PREFIX", "VERSION", "TIMEOUT", "KEY_FUNCTION") if key in cache
    }
    return {**kept, "BACKEND": LOCMEM, "LOCATION": f"staticproof-{alias}"}


def _storages(values: dict[str, Any], folder: Path) -> None:
    """Send uploads to the rehearsal's folder, in every storage except the one for static files."""
    values["MEDIA_ROOT"] = str(folder / "media")
    if django.VERSION < (5, 1) and "STORAGES" not in values:
        # Django does not allow both spellings in one settings module.
        default = "django.contrib.staticfiles.storage.StaticFilesStorage"
        values.pop("DEFAULT_FILE_STORAGE", None)
        static = values.pop("STATICFILES_STORAGE", default)
        values["STORAGES"] = {"default": {"BACKEND": FILES}, "staticfiles": {"BACKEND": static}}
    if "STORAGES" in values:
        values["STORAGES"] = {
            alias: storage if alias == "staticfiles" else {"BACKEND": FILES}
            for alias, storage in values["STORAGES"].items()
        }


def _mail(values: dict[str, Any]) -> None:
    """Discard mail, with EMAIL_BACKEND or with the MAILERS that replace it in Django 7.0."""
    nowhere = "django.core.mail.backends.dummy.EmailBackend"
    if "MAILERS" not in values and django.VERSION < (7, 0):
        values["EMAIL_BACKEND"] = nowhere
        return
    values["MAILERS"] = {alias: {"BACKEND": nowhere} for alias in {"default": {}, **values.get("MAILERS", {})}}


def _tasks(values: dict[str, Any]) -> None:
    """Accept tasks but never run them: tasks of Django or `django-tasks`, Celery's tasks, and Channels' messages."""
    for alias, task in values.get("TASKS", {"default": {}} if django.VERSION >= (6, 0) else {}).items():
        package = "django_tasks" if "django_tasks" in task.get("BACKEND", "") else "django.tasks"
        kept = {key: task[key] for key in ("QUEUES", "ENQUEUE_ON_COMMIT") if key in task}
        values["TASKS"] = {
            **values.get("TASKS", {}),
            alias: {**kept, "BACKEND": f"{package}.backends.dummy.DummyBackend"},
        }
    values |= {name: "memory://" for name in ("CELERY_BROKER_URL", "BROKER_URL") if name in values}
    values |= {name: False for name in ("CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER") if name in values}
    if "CHANNEL_LAYERS" in values:
        layer = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
        values["CHANNEL_LAYERS"] = dict.fromkeys(values["CHANNEL_LAYERS"], layer)


# --- Connections ------------------------------------------------------------------------------------------------------


class Connections:
    """An audit hook (PEP 578) that refuses network connections and counts them in ``refused``.

    It allows connections to the hosts of the databases, and all connections inside `own`. C libraries that open sockets
    themselves, such as those of PostgreSQL and MySQL, raise no audit events.
    """

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self.names = {"", "localhost", socket.gethostname()}
        self.addresses: set[tuple[str, int]] = set()
        self.sockets: tuple[str, ...] = ()
        self._open = False

    def install(self) -> None:
        """Refuse connections from now on. Call it once, because an audit hook cannot be removed."""
        sys.addaudithook(self._audit)

    @contextlib.contextmanager
    def own(self) -> Iterator[None]:
        """Allow all connections, for the proof's own requests to a deployed site."""
        self._open = True
        try:
            yield
        finally:
            self._open = False

    def allow(self, databases: dict[str, Any]) -> None:
        """Allow the hosts of these databases, at their ports."""
        for database in databases.values():
            host = str(database.get("HOST") or "localhost")
            if host.startswith("/"):
                self.sockets += (host,)
                continue
            default = next((port for part, port in PORTS.items() if part in str(database.get("ENGINE"))), 0)
            port = int(database.get("PORT") or default)
            if not port:
                continue
            self.names.add(host)
            with contextlib.suppress(OSError), self.own():
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                self.addresses |= {(str(address[0]), port) for *_, address in found}

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._open or not event.startswith("socket."):
            return
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            address = arguments[1]
            if address is not None and not self._may_connect(address):
                is_pair = isinstance(address, tuple) and len(address) > 1
                self.refused[f"{address[0]}:{address[1]}" if is_pair else str(address)] += 1
                raise ConnectionRefusedError(errno.ECONNREFUSED, f"staticproof refuses connections to {address}")
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"} and not self._may_look_up(arguments[0]):
            self.refused[str(arguments[0])] += 1
            raise socket.gaierror(socket.EAI_FAIL, f"staticproof does not look up {arguments[0]}")

    def _may_connect(self, address: Any) -> bool:
        if isinstance(address, tuple):
            return address[:2] in self.addresses
        return bool(self.sockets) and os.fsdecode(address).startswith(self.sockets)

    def _may_look_up(self, host: str | bytes | None) -> bool:
        name = os.fsdecode(host or "")
        try:
            return name in self.names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False


connections = Connections()
