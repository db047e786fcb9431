"""The databases of a rehearsal. Django's `setup_databases()` creates them when a page needs them.

They are dropped at the end.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.contrib import auth
from django.db import connections
from django.db.backends.signals import connection_created
from django.test.utils import setup_databases, teardown_databases

from ..findings import Finding, Level
from ..rehearsal import one_line

NUMBER = 86
NOT_CREATED = {"unknown", "oracle"}  # a temporary Oracle database would need a user of its own
EMAIL = "staticproof@example.com"
UNPROVEN = "Pages that need this database cannot be proven."


class Databases:
    """The test databases of the site, or its own databases with ``existing``. `isolation.py` has made those read-only.

    Use as a context manager. Creating the tables takes long, and many sites do not need them, so `prepare` creates them
    at the first call. Until then, SQLite databases are empty and other databases do not exist. ``touched`` is true when
    a page has opened a database. ``prepared`` is true when the databases exist. ``can_wait`` is true when pages can be
    requested before that, because every database is an empty SQLite file.
    """

    def __init__(self, *, existing: bool) -> None:
        self.existing = existing
        self.findings: list[Finding] = []
        self.touched = False
        self._aliases = [alias for alias in connections if connections[alias].vendor not in NOT_CREATED]
        self.prepared = existing or not self._aliases
        self.can_wait = all(connections[alias].vendor == "sqlite" for alias in self._aliases)
        self._created: list[Any] = []

    def __enter__(self) -> Databases:
        connection_created.connect(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        connection_created.disconnect(self._note)
        connections.close_all()
        for entry in self._created:
            # A database that could not be created cannot be dropped.
            with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                teardown_databases([entry], verbosity=0)

    def prepare(self) -> None:
        """Create the databases and their tables. Add a finding for each failure. The pages are requested anyway."""
        if self.prepared:
            return
        self.prepared = True
        groups: dict[str, list[str]] = {}
        for alias in self._aliases:
            groups.setdefault(str(settings.DATABASES[alias]["NAME"]), []).append(alias)
        for name, aliases in groups.items():
            first = connections[aliases[0]]
            first.close()
            self._created.append((first, name, True))  # before it exists, because a signal may stop the proof
            try:
                # Any collection works, but the type stubs require the dictionary of test runners.
                setup_databases(0, False, aliases=cast(Any, aliases), serialized_aliases=[])
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a migration may raise anything, and Django exits
                reason = error.__context__ if isinstance(error, SystemExit) and error.__context__ else error
                message = f"The test database '{aliases[0]}' cannot be made: {one_line(reason)}"
                self.findings.append(Finding(NUMBER, Level.WARNING, message, UNPROVEN))

    def session_cookie(self, username: str) -> str:
        """Return a session cookie of this user. In a test database, create the user as a superuser.

        Send no login signal, so that only the session is written. May raise any exception of a model or a backend.
        """
        self.prepare()
        user = self._user(username)
        backend = next(path for path in settings.AUTHENTICATION_BACKENDS if auth.load_backend(path).get_user(user.pk))
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[auth.SESSION_KEY] = user._meta.pk.value_to_string(user)
        session[auth.BACKEND_SESSION_KEY] = backend
        session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    def object_urls(self) -> Iterator[str]:
        """Yield the URL of the first object of each model that has `get_absolute_url`."""
        if not self.prepared:
            return
        for model in apps.get_models():
            if hasattr(model, "get_absolute_url"):
                with contextlib.suppress(Exception):  # no table, no object, or no URL
                    for found in model._default_manager.order_by("pk")[:1]:
                        yield str(found.get_absolute_url())

    def _user(self, username: str) -> Any:
        model: Any = auth.get_user_model()
        known = {model.USERNAME_FIELD: username}
        if self.existing or model._default_manager.filter(**known).exists():
            return model._default_manager.get(**known)
        required = {name: _value(model._meta.get_field(name)) for name in model.REQUIRED_FIELDS}
        try:
            return model._default_manager.create_superuser(**known, **required)
        except TypeError:  # the manager has Django's usual parameters, although the model has other fields
            return model._default_manager.create_superuser(username, EMAIL, None)

    def _note(self, **_: object) -> None:
        self.touched = True


def _value(field: Any) -> Any:
    """Return a value for a field that a new user must have."""
    if field.has_default():
        return field.get_default()
    return EMAIL if "mail" in field.name else "1"
