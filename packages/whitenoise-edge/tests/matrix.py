"""Run the tests with each supported version of Python, Django and WhiteNoise.

    python tests/matrix.py [argument of pytest ...]

Needs uv. It uses the interpreters that uv finds or downloads; one that it cannot get is reported and skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
OLDEST, NEWEST = "6.0", "6"  # of WhiteNoise; keep the oldest in step with pyproject.toml
# Django 6.0 and newer need Python 3.12.
MATRIX = [
    ("3.10", "5.2", OLDEST),
    ("3.11", "5.2", NEWEST),
    ("3.12", "6.0", OLDEST),
    ("3.12", "6.1", NEWEST),
    ("3.13", "6.1", OLDEST),
    ("3.14", "6.1", NEWEST),
]
TOOLS = ["gunicorn", "pytest", "pytest-xdist", "waitress"]


def main(arguments: list[str]) -> int:
    """Run the tests, print one line for each combination, and return the exit status."""
    uv = [found] if (found := shutil.which("uv")) else [sys.executable, "-m", "uv"]
    # A program that pyenv or uv has started must not choose the interpreter of the ones that it starts.
    unwanted = ("VIRTUAL_ENV", "PYENV_VERSION", "PYENV_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    failed = False
    for python, django, whitenoise in MATRIX:
        name = f"Python {python}, Django {django}, WhiteNoise {whitenoise}"
        if subprocess.run([*uv, "python", "find", python], env=environment, capture_output=True).returncode:
            print(f"{name}: skipped, there is no such interpreter", flush=True)
            continue
        requirements = [f"django=={django}.*", f"whitenoise[brotli]=={whitenoise}.*", *TOOLS]
        command = [*uv, "run", "--isolated", "--no-project", "--python", python, "--with-editable", "."]
        command += [part for requirement in requirements for part in ("--with", requirement)]
        done = subprocess.run(
            [*command, "python", "-m", "pytest", "-q", *arguments],
            cwd=PACKAGE,
            env=environment,
            capture_output=True,
            text=True,
        )
        lines = done.stdout.strip().splitlines() or [done.stderr.strip()]
        print(f"{name}: {lines[-1]}", flush=True)
        if done.returncode:
            failed = True
            print(done.stdout, done.stderr, sep="\n", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
