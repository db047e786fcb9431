"""Reading the settings module of a site as on a production server, whatever the environment of this machine says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ..project import FOREIGN_FOLDERS
from ..rehearsal import one_line

# A site may refuse to start without these in production. A value that is set stays.
THROW_AWAY = {"SECRET_KEY": "thrown-away-after-the-proof", "ALLOWED_HOSTS": "localhost"}
# An error page of a rehearsal is no incident to report.
SILENT = {"SENTRY_DSN": ""}
# How sites write "off" in the variable DEBUG, the most usual first: bool("0"), int("False") and the like fail.
OFF = ("False", "0", "")


@dataclass
class Loaded:
    """The settings by name; ``remarks`` and ``failure`` (why they do not load with DEBUG off) are for the report."""

    values: dict[str, Any]
    remarks: list[str] = field(default_factory=list)
    failure: str = ""


def load(name: str, base_dir: Path) -> Loaded:
    """Import a settings module, if it can be with the environment variable DEBUG off, else as the environment is.

    `DEBUG` itself is switched off later, on the settings: the variable only decides what the module makes of it.

    Raises:
        Exception: whatever the module raises when it cannot be imported at all.
    """
    failure: BaseException | None = None
    for off in OFF:
        with _environment({**_missing(THROW_AWAY), **SILENT, "DEBUG": off}, base_dir) as keep:
            try:
                values = _values(name)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a settings module may raise anything
                failure = failure or error
                continue
            if not values.get("DEBUG"):
                keep()
                return Loaded(values)
    try:
        values = _values(name)
    except (Exception, SystemExit):
        if failure is None:
            raise
        raise failure from None
    loaded = Loaded(values)
    if not values.get("DEBUG"):
        pass  # this environment is one of production
    elif failure is None:
        loaded.remarks.append(f"{name} sets DEBUG = True itself; the proof switched it off afterwards.")
    else:
        loaded.failure = one_line(failure)
    return loaded


def _values(name: str) -> dict[str, Any]:
    module = import_module(name)
    return {key: getattr(module, key) for key in dir(module) if key.isupper()}


def _missing(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if not os.environ.get(name)}


@contextmanager
def _environment(values: dict[str, str], base_dir: Path) -> Iterator[Any]:
    """Try something with these environment variables; undo it, imports of the site's own modules included.

    Yields a function that keeps everything as it is.
    """
    environment, modules = dict(os.environ), set(sys.modules)
    kept: list[bool] = []
    os.environ |= values
    try:
        yield lambda: kept.append(True)
    finally:
        if not kept:
            os.environ.clear()
            os.environ.update(environment)
            for name in set(sys.modules) - modules:
                if _is_inside(getattr(sys.modules[name], "__file__", None), base_dir):
                    del sys.modules[name]


def _is_inside(file: str | None, base_dir: Path) -> bool:
    return file is not None and Path(file).is_relative_to(base_dir) and FOREIGN_FOLDERS.isdisjoint(Path(file).parts)
