"""The databases of a rehearsal: made by Django's `setup_databases()` when a page needs them, and dropped at the end."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import auth
from django.db import connections
from django.db.backends.signals import connection_created
from django.test.utils import setup_databases, teardown_databases

from ..findings import Finding, Level
from ..rehearsal import one_line

NUMBER = 86
UNPROVEN = "Pages that need this database cannot be proven."


class LoginError(Exception):
    """No session can be made for the user; the message says why."""


class Databases:
    """The test databases of the site, or with ``existing`` its own ones, which `isolation.py` has made read-only.

    Use as a context manager. Creating the tables takes long and many sites do without: `prepare` does it at the first
    call. SQLite databases are empty until then; others do not exist. ``touched`` tells that a page opened one,
    ``prepared`` that they are there.
    """

    def __init__(self, *, existing: bool) -> None:
        self.existing = existing
        self.findings: list[Finding] = []
        self.touched = False
        self._aliases = [alias for alias in connections if connections[alias].vendor != "unknown"]
        self.prepared = existing or not self._aliases
        self._created: list[Any] = []

    def __enter__(self) -> Databases:
        connection_created.connect(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        connection_created.disconnect(self._note)
        connections.close_all()
        for entry in self._created:
            # A database that could not be created cannot be dropped either.
            with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                teardown_databases([entry], verbosity=0)

    @property
    def can_wait(self) -> bool:
        """Whether pages can be asked for before `prepare`: an empty SQLite file answers at once."""
        return self.prepared or all(connections[alias].vendor == "sqlite" for alias in self._aliases)

    def prepare(self) -> None:
        """Create the databases and their tables. What fails is a finding; the pages are asked for all the same."""
        if self.prepared:
            return
        self.prepared = True
        groups: dict[str, list[str]] = {}
        for alias in self._aliases:
            groups.setdefault(str(settings.DATABASES[alias]["NAME"]), []).append(alias)
        for name, aliases in groups.items():
            first = connections[aliases[0]]
            first.close()
            self._created.append((first, name, True))  # before it is there: a signal may stop the proof halfway
            try:
                _create(first.vendor, aliases)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a migration may raise anything, and Django exits
                reason = error.__context__ if isinstance(error, SystemExit) and error.__context__ else error
                message = f"The test database '{aliases[0]}' cannot be made: {one_line(reason)}"
                self.findings.append(Finding(NUMBER, Level.WARNING, message, UNPROVEN))

    def session_cookie(self, username: str) -> str:
        """Return the cookie of a session of this user. In a test database the user is created as a superuser.

        No signal of a login is sent, so that nothing is written but the session.

        Raises:
            LoginError: when there is no such user, or no session can be made.
        """
        self.prepare()
        try:
            user = self._user(username)
            backend = next(path for path in settings.AUTHENTICATION_BACKENDS if _knows(path, user))
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[auth.SESSION_KEY] = user._meta.pk.value_to_string(user)
            session[auth.BACKEND_SESSION_KEY] = backend
            session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.save()
        except Exception as error:
            raise LoginError(f"--login {username}: {one_line(error)}") from error
        return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    def object_urls(self) -> Iterator[str]:
        """Yield the URL of the first object of each model that has `get_absolute_url`."""
        if not self.prepared:
            return
        for model in apps.get_models():
            if hasattr(model, "get_absolute_url"):
                with contextlib.suppress(Exception):  # no table, no object, or a URL that cannot be made
                    for found in model._default_manager.order_by("pk")[:1]:
                        yield str(found.get_absolute_url())

    def _user(self, username: str) -> Any:
        model: Any = auth.get_user_model()
        known = {model.USERNAME_FIELD: username}
        if self.existing or model._default_manager.filter(**known).exists():
            return model._default_manager.get(**known)
        required = {name: _value(model._meta.get_field(name)) for name in model.REQUIRED_FIELDS}
        return model._default_manager.create_superuser(**known, **required)

    def _note(self, **_: object) -> None:
        self.touched = True


def _create(vendor: str, aliases: list[str]) -> None:
    if vendor == "oracle":
        raise NotImplementedError("a throw-away Oracle database would need a user of its own")
    names: Any = aliases  # any collection; the stubs want the dictionary that test runners pass
    setup_databases(0, False, aliases=names, serialized_aliases=[])


def _knows(backend: str, user: Any) -> bool:
    return auth.load_backend(backend).get_user(user.pk) is not None


def _value(field: Any) -> Any:
    """Return a value for a field that a new user must have."""
    if field.has_default():
        return field.get_default()
    return "staticproof@example.com" if "mail" in field.name else "1"
