"""After the files are written: prune, write .env, install, collect, prove, and say what happened.

A missing tool or network does not cost the user the project: it stays, marked NOT PROVEN. A failed proof is a fault of
the template or of the answers: exit 1, and Cookiecutter removes what it made. Python 3.10+, standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
UNDER_CRUFT = "_commit" in ANSWERS

# What an option brings, to be removed when the option is off: (is it wanted?, its files and folders).
OPTIONAL: list[tuple[bool, list[str]]] = []

# A program started through a pyenv shim or `uv run` hands these on; they would hide the Python that the site asks for.
FOREIGN = ("VIRTUAL_ENV", "PYENV_VERSION", "PYENV_DIR", "PYTHONPATH", "PYTHONHOME", "DJANGO_SETTINGS_MODULE")


class NotProven(Exception):
    """Something outside the template is missing: the project stays, and this says why the proof did not run."""


def main() -> int:
    prune()
    if UNDER_CRUFT:  # cruft compares trees in a temporary folder: anything more would be in its way
        return 0
    write_env()
    began = time.monotonic()
    try:
        uv = find_uv()
        step("Installing the site", uv, "sync")
        step("Collecting static files", uv, *MANAGE, "collectstatic", "--no-input", "--verbosity", "0")
        summary = prove(uv)
    except NotProven as reason:
        say_not_proven(str(reason))
        return 0
    if summary is None:
        return 1
    say_proven(summary, time.monotonic() - began)
    return 0


def prune() -> None:
    for wanted, paths in OPTIONAL:
        for path in map(Path, [] if wanted else paths):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def write_env() -> None:
    """Make the developer's `.env` from `.env.example`, with a secret key of its own; one that is there stays."""
    with contextlib.suppress(FileExistsError), Path(".env").open("x", encoding="utf-8", newline="\n") as file:
        example = Path(".env.example").read_text(encoding="utf-8")
        file.write(example.replace("# SECRET_KEY=", f"SECRET_KEY={secrets.token_urlsafe(50)}"))


# --- Installing and proving -----------------------------------------------------------------------------------------

MANAGE = ("run", "--frozen", "--no-sync", "python", "manage.py")


def find_uv() -> str:
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise NotProven("uv, which installs the site, is not on this machine's PATH (get it with: pip install uv)")
    return uv


def environment() -> dict[str, str]:
    """The environment of production: `DEBUG` off, throw-away values for the rest, nothing of the user's shell."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN and name not in site_variables()}
    return kept | {"DEBUG": "False", "SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "localhost"}


def site_variables() -> set[str]:
    """The names in `.env.example`: what the user's shell says of another project must not decide this proof."""
    lines = Path(".env.example").read_text(encoding="utf-8").splitlines()
    return {line.lstrip("# ").split("=", 1)[0] for line in lines if "=" in line}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )


def step(title: str, *command: str) -> None:
    """Run a command under a line that says how long it took; what it said is shown only when it fails."""
    with progress(title) as failed:
        done = run(*command)
        if done.returncode:
            failed()
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NotProven("\n".join([f"'{' '.join(command[1:])}' failed:", *said[-12:]]))


def prove(uv: str) -> dict | None:
    """Run the site's own proof; return its summary, or nothing after showing what it found."""
    with progress("Proving every static reference") as failed:
        done = run(uv, *MANAGE, "provestatic", "--collected", "--format", "json")
        try:
            report = json.loads(done.stdout)
        except ValueError:
            report = None
        if report is None or not report["ok"]:
            failed()
    if report is not None and report["ok"]:
        return report["summary"]
    say("")
    say("The site does not serve its static files as it should:")
    for finding in report["findings"] if report else []:
        say("")
        place = ":".join(str(part) for part in (finding["file"], finding["line"]) if part)
        say(f"  {place + ': ' if place else ''}{finding['message']} ({finding['id']})")
        if finding["hint"]:
            say(f"      {finding['hint']}")
    if report is None:
        say((done.stderr or done.stdout).strip())
    say("")
    say("This is a fault of the template, or of an answer. Please report it with the lines above.")
    say("")
    return None


# --- What the user reads --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def progress(title: str):
    """A line for what takes a while: the title at once, then the mark and the seconds."""
    mark = "done"
    said = f"  {title} ".ljust(36, ".")
    print(said, end=" ", flush=True)
    began = time.monotonic()

    def failed() -> None:
        nonlocal mark
        mark = "FAILED"

    yield failed
    print(f"{mark} {time.monotonic() - began:5.1f} s", flush=True)


def say_proven(summary: dict, seconds: float) -> None:
    say("")
    say(f"  PROVEN in {seconds:.0f} seconds, as production serves it:")
    say("")
    say(json.dumps(summary))
    say_next()


def say_not_proven(reason: str) -> None:
    say("")
    say("  NOT PROVEN: the project is there, but its static files were not tested, because")
    say("")
    for line in reason.splitlines():
        say(f"    {line}")
    say("")
    say("  These two commands finish the job:")
    say("")
    say(f"    cd {shell_quoted(Path.cwd().name)}")
    say("    uv run manage.py provestatic")
    say("")


def say_next() -> None:
    say("")
    say("  Next:")
    say("")
    say(f"    cd {shell_quoted(Path.cwd().name)}")
    say("    uv run manage.py migrate")
    say("    uv run manage.py runserver")
    say("")


def shell_quoted(name: str) -> str:
    return name


def say(line: str) -> None:
    """Print, whatever the console can show: an old Windows console knows few characters."""
    encoding = sys.stdout.encoding or "ascii"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)


if __name__ == "__main__":
    sys.exit(main())
