"""`python -m staticproof` and the command `staticproof`: prove a project without this app in its settings."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USAGE = "Run staticproof in the folder of manage.py, or in the folder above it."
STDOUT, STDERR = 1, 2
WRONG_USAGE = 2


def main() -> None:
    """Find the settings with `manage.py`, and run `provestatic` with the arguments of this process.

    `staticproof rule E004` explains a rule. This process neither loads the settings nor starts the project, because the
    proof does so in a process of its own.
    """
    arguments = sys.argv[1:]
    if arguments[:1] == ["rule"]:
        from . import catalogue

        sys.exit(catalogue.explain(arguments[1:]))
    from django.core.management import CommandError

    from .management.commands.provestatic import Command

    command = Command()
    try:
        options = vars(command.create_parser("python -m", "staticproof").parse_args(arguments))
    except CommandError as error:
        _give_up(str(error), WRONG_USAGE)
    with _stdout_is_stderr():
        _start(find_manage(Path.cwd()))
    if options["pythonpath"]:
        sys.path.insert(0, options["pythonpath"])
    if options["settings"]:
        os.environ["DJANGO_SETTINGS_MODULE"] = options["settings"]
    try:
        command.execute(**options)
    except CommandError as error:
        _give_up(str(error), error.returncode)


def _give_up(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)


def find_manage(folder: Path) -> Path | None:
    """Return `manage.py` in a folder, or the only one in a folder below it, or None."""
    if (folder / "manage.py").is_file():
        return folder / "manage.py"
    found = sorted(folder.glob("*/manage.py"))
    return found[0] if len(found) == 1 else None


def _start(script: Path | None) -> None:
    """Run `manage.py` without its command, for its settings module and everything else that the project needs.

    The command is Django's public `execute_from_command_line`, which does nothing meanwhile. A script that does not use
    it runs the command `version`.
    """
    from django.core import management

    if script is None:
        if not os.environ.get("DJANGO_SETTINGS_MODULE"):
            _give_up(f"There is no manage.py here. {USAGE}", WRONG_USAGE)
        sys.path.insert(0, str(Path.cwd()))
        return
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script), "version"]
    execute = management.execute_from_command_line
    management.execute_from_command_line = lambda argv=None: None
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise
    except Exception as error:  # noqa: BLE001 - the proof starts the project again and reports the error
        if not os.environ.get("DJANGO_SETTINGS_MODULE"):
            _give_up(f"{script.name} does not start: {type(error).__name__}: {error}", WRONG_USAGE)
    finally:
        management.execute_from_command_line = execute


@contextmanager
def _stdout_is_stderr() -> Iterator[None]:
    """Send the output of the project to stderr, including the output of libraries in C."""
    sys.stdout.flush()
    kept = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, STDOUT)
        os.close(kept)


if __name__ == "__main__":
    main()
