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
PASSED_ON = ("--settings", "--pythonpath")


def main() -> None:
    """Find `manage.py`, start the project with it, and run `provestatic` with the arguments of this process."""
    arguments = sys.argv[1:]
    script = find_manage(Path.cwd())
    with _stdout_is_stderr():
        if script is not None:
            _start(script, arguments)
        elif not os.environ.get("DJANGO_SETTINGS_MODULE"):
            sys.exit(f"There is no manage.py here. {USAGE}")
        else:
            sys.path.insert(0, str(Path.cwd()))
    from .management.commands.provestatic import Command

    # Django uses the first two words as the name of the command in its help.
    Command().run_from_argv(["python -m", "staticproof", *arguments])


def find_manage(folder: Path) -> Path | None:
    """Return `manage.py` in a folder, or the only one in a folder below it, or None."""
    if (folder / "manage.py").is_file():
        return folder / "manage.py"
    found = sorted(folder.glob("*/manage.py"))
    return found[0] if len(found) == 1 else None


def _start(script: Path, arguments: list[str]) -> None:
    """Run `manage.py version`, which sets the settings module and everything else that the project needs to start."""
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script), "version", *_options(arguments)]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise
    except Exception as error:  # noqa: BLE001 - the proof starts the project again and reports the error
        if not os.environ.get("DJANGO_SETTINGS_MODULE"):
            sys.exit(f"{script.name} does not start: {type(error).__name__}: {error}")


def _options(arguments: list[str]) -> list[str]:
    """Return the options that select the project: Django's `--settings` and `--pythonpath`."""
    found: list[str] = []
    for position, argument in enumerate(arguments):
        name, equals, _ = argument.partition("=")
        if name in PASSED_ON:
            found += [argument] if equals else arguments[position : position + 2]
    return found


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
