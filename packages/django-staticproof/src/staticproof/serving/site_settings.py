"""Load the settings module of a site as on a production server, in the environment of any machine."""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from ..project import FOREIGN_FOLDERS
from ..rehearsal import one_line

# Some sites do not start without these in production. Existing values stay.
THROW_AWAY = {"SECRET_KEY": "thrown-away-after-the-proof", "ALLOWED_HOSTS": "localhost"}
# Do not report the errors of a rehearsal to Sentry.
SILENT = {"SENTRY_DSN": ""}
# The values that mean "off" in the variable DEBUG, the most common first. No value works everywhere: bool("0") is true,
# and int("False") fails.
OFF = ("False", "0", "")


def run_manage(folder: Path) -> None:
    """Run the module level of `manage.py`, which may prepare the settings, as with PyMySQL's `install_as_MySQLdb()`."""
    with contextlib.suppress(Exception, SystemExit):  # the settings then report what is missing
        script = folder / "manage.py"
        if "__main__" in script.read_text(encoding="utf-8"):  # otherwise it would run a command
            runpy.run_path(str(script), run_name="manage")


def load(name: str, base_dir: Path) -> tuple[dict[str, Any], str]:
    """Import a settings module with the environment variable DEBUG off. If that fails, use the environment as it is.

    The setting `DEBUG` is switched off later. The variable matters only to code in the settings module. Return the
    settings, and the error of loading them with DEBUG off, or "".

    Raises:
        Exception: the exception of the module when it cannot be imported in either environment.
    """
    failure: BaseException | None = None
    for off in OFF:
        environment, modules = dict(os.environ), set(sys.modules)
        os.environ |= {**{key: value for key, value in THROW_AWAY.items() if not os.environ.get(key)}, **SILENT}
        os.environ["DEBUG"] = off
        try:
            values = _values(name)
            if not values.get("DEBUG"):
                return values, ""
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a settings module may raise anything
            failure = failure or error
        os.environ.clear()
        os.environ.update(environment)
        for module in set(sys.modules) - modules:
            if _is_inside(getattr(sys.modules[module], "__file__", None), base_dir):
                del sys.modules[module]
    try:
        values = _values(name)
    except (Exception, SystemExit):
        if failure is None:
            raise
        raise failure from None
    return values, one_line(failure) if failure and values.get("DEBUG") else ""


def _values(name: str) -> dict[str, Any]:
    module = import_module(name)
    return {key: getattr(module, key) for key in dir(module) if key.isupper()}


def _is_inside(file: str | None, base_dir: Path) -> bool:
    return file is not None and Path(file).is_relative_to(base_dir) and FOREIGN_FOLDERS.isdisjoint(Path(file).parts)
