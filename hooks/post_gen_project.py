"""After the files are written: prune, write .env, install, collect, prove, and say what happened.

A missing tool or network does not cost the user the project: it stays, marked NOT PROVEN. A failed proof is a fault of
the template or of the answers: exit 1, and Cookiecutter removes what it made. Python 3.10+, standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
UNDER_CRUFT = "_commit" in ANSWERS

# What an option brings, to be removed when the option is off: (is it wanted?, its files and folders).
OPTIONAL: list[tuple[bool, list[str]]] = []

# A program started through a pyenv shim or `uv run` hands these on; they would hide the Python that the site asks for.
FOREIGN = {"VIRTUAL_ENV", "PYENV_VERSION", "PYENV_DIR", "PYTHONPATH", "PYTHONHOME", "DJANGO_SETTINGS_MODULE"}
# Four processes start Django here: compiled once, it stays compiled for the owner's first commands too.
FOREIGN |= {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}

# Seconds that a command has to end by itself when it is told to stop.
GRACE = 10

COLLECTSTATIC = ("collectstatic", "--no-input", "--verbosity", "0")
PROVESTATIC = ("provestatic", "--format", "json", "--fail-level", "WARNING")
MANAGE = ("run", "--no-sync", "python", "manage.py")


class NotProven(Exception):
    """Something outside the template is missing: the project stays, and this says why the proof did not run."""


class Faulty(Exception):
    """The proof found faults, or could not end: this says which, and Cookiecutter removes the project."""


def main() -> int:
    try:
        prune()
        if UNDER_CRUFT:  # cruft compares trees in a temporary folder: anything more would be in its way
            say_what_cruft_leaves()
            return 0
        write_env()
        say("")
        summary = install_and_prove(find_uv())
    except NotProven as reason:
        say_not_proven(str(reason))
        return 0
    except Faulty as findings:
        say_faulty(str(findings))
        return 1
    except KeyboardInterrupt:
        say(f"\n  Stopped. Later, with the same answers: cookiecutter --replay {ANSWERS['_template']}\n")
        return 130  # as a shell has it for SIGINT; interruptions_extension.py then says what is left
    except OSError as error:
        say(f"\n  {coloured('FAILED', 31)}: {error}\n")
        return 1
    say_proven(summary)
    return 0


def prune() -> None:
    for wanted, paths in OPTIONAL:
        for path in map(Path, [] if wanted else paths):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def write_env() -> None:
    """Make the developer's `.env` from `.env.example`, with a secret key of its own; one that is there stays."""
    with contextlib.suppress(FileExistsError), Path(".env").open("x", encoding="utf-8", newline="\n") as file:
        example = Path(".env.example").read_text(encoding="utf-8")
        file.write(example.replace("# SECRET_KEY=", f"SECRET_KEY={secrets.token_urlsafe(50)}"))


# --- Installing, collecting, proving --------------------------------------------------------------------------------


def find_uv() -> str:
    uv = shutil.which(os.environ.get("UV", "")) or shutil.which("uv")
    if not uv:
        raise NotProven("uv, which installs the site, is not on this machine's PATH.\nGet it with: pip install uv")
    return uv


def install_and_prove(uv: str) -> dict[str, Any]:
    """Install, collect as a deploy does, and run the site's own proof; returns the numbers of its summary.

    What need not wait for each other runs at the same time: collecting needs no more than what production installs, and
    the proof has the sources to read before it looks at what was collected. Each step's seconds are those that it adds.
    """
    try:
        with contextlib.ExitStack() as running:
            with step("Installing the site") as result:
                done = run(uv, "sync", "--no-default-groups")
                if not done.returncode:
                    collecting = running.enter_context(started(uv, *MANAGE, *COLLECTSTATIC))
                    done = run(uv, "sync", "--frozen")
                result.failed = bool(done.returncode)
            if result.failed:
                raise NotProven(f"'uv sync' failed:\n{last_lines(done)}")
            with step("Collecting its static files") as result:
                proving = running.enter_context(started(uv, *MANAGE, *PROVESTATIC, "--collected", "--wait"))
                collected = ended(collecting)
                result.failed = bool(collected.returncode)
            return prove(uv, proving, last_lines(collected) if result.failed else "")
    finally:
        remove_bytecode()


def prove(uv: str, proving: subprocess.Popen[str], complaint: str) -> dict[str, Any]:
    """Wait for the proof to end, and return the numbers of its summary.

    What could not be collected is proven from the sources: the proof says file and line where collectstatic does not.
    """
    with step("Proving every static reference") as result:
        done = ended(proving)
        report = read_report(done)
        if complaint and report.get("stage") != "read":
            done = run(uv, *MANAGE, *PROVESTATIC)
            report = read_report(done)
        result.failed = bool(complaint) or not report["ok"]
    if not result.failed:
        return dict(report["summary"])
    findings = [told(finding) for finding in report["findings"] if finding["level"] != "info"]
    raise Faulty("\n\n".join(findings) or complaint or last_lines(done))


def read_report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        return {"ok": False, "findings": []}


def told(finding: dict[str, Any]) -> str:
    """A finding as `file:line: message (id)`, and below it what to write instead."""
    place = "".join(f"{part}:" for part in (finding["file"], finding["line"]) if part)
    lines = [f"{place} {finding['message']} ({finding['id']})".strip()]
    return "\n    ".join([*lines, *finding["hint"].splitlines()])


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with started(*command) as process:
        return ended(process)


@contextlib.contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in the environment of production: nothing of the user's shell that speaks of another site.

    When the block is left before the command has ended, it is told to stop, and then made to.
    """
    described = Path("config/environment.py").read_text(encoding="utf-8")
    of_sites = set(re.findall(r'^    "([A-Z0-9_]+)": Variable\(', described, re.MULTILINE))
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN | of_sites}
    production = {"DEBUG": "False", "SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "localhost"}
    with subprocess.Popen(
        command,
        env=kept | production | {"PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            yield process
        except BaseException as error:
            # Ctrl-C has reached it too: if it were killed now, what it has started would go on writing.
            if not isinstance(error, KeyboardInterrupt):
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            process.kill()
            raise


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Close the command's standard input, which some wait for, and read what it says until it ends."""
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def remove_bytecode() -> None:
    """Leave the site's own folders as they were written; what is installed in `.venv` stays compiled."""
    for folder in Path().iterdir():
        if not folder.name.startswith("."):
            for bytecode in list(folder.rglob("__pycache__")):
                shutil.rmtree(bytecode, ignore_errors=True)


def last_lines(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-12:])


# --- What the user reads --------------------------------------------------------------------------------------------


class Result:
    failed = False


@contextlib.contextmanager
def step(title: str) -> Iterator[Result]:
    """A line for what takes a while: the title at once, then a mark and the seconds."""
    print(f"  {title} ".ljust(40, "."), end=" ", flush=True)
    began = time.monotonic()
    result = Result()
    try:
        yield result
    except BaseException:
        print(flush=True)
        raise
    mark = coloured("failed", 31) if result.failed else coloured("done", 32)
    print(f"{mark} {time.monotonic() - began:5.1f} s", flush=True)


def say_proven(summary: dict[str, Any]) -> None:
    say("")
    say(f"  {coloured('Proven', 32)}, as production serves it:")
    say(
        f"    {summary['files']} static files: {size(summary['bytes_raw'])}, {size(summary['bytes_gzip'])} with gzip, "
        f"{size(summary['bytes_brotli'])} with Brotli"
    )
    say(f"    {summary['pages']} pages and {summary['error_pages']} error pages, each answers as it should")
    say(
        f"    {summary['references']} static references resolve; {summary['static_files_followed']} files that pages "
        "name are hashed, typed, immutable"
    )
    say("")
    say("  Next:")
    say_commands("uv run manage.py migrate", "uv run manage.py runserver")


def say_what_cruft_leaves() -> None:
    """What `cruft create` leaves to do. `cruft update` comes by twice, in temporary folders, and needs no word."""
    if Path(tempfile.gettempdir()).resolve() in Path.cwd().resolve().parents:
        return
    say("")
    say(f"  {coloured('NOT PROVEN', 33)}: under cruft nothing is installed. These commands finish the job:")
    say_commands("cp .env.example .env", "uv sync", "uv run manage.py provestatic")


def say_not_proven(reason: str) -> None:
    say("")
    say(f"  {coloured('NOT PROVEN', 33)}: the site is there, but its static files have not been tested:")
    say("")
    for line in reason.splitlines():
        say(f"    {line}")
    say("")
    say("  These two commands finish the job:")
    say_commands("uv sync", "uv run manage.py provestatic")


def say_faulty(findings: str) -> None:
    say("")
    say(f"  {coloured('FAILED', 31)}: the site would not serve its static files as it should:")
    say("")
    for line in findings.splitlines():
        say(f"  {line}".rstrip())
    say("")
    say("  This is a fault of the template, or of an answer. Please report it with the lines above.")
    say("")


def say_commands(*commands: str) -> None:
    for command in (f"cd {Path.cwd().name}", *commands):
        say(f"    {command}")
    say("")


def size(count: int) -> str:
    """Bytes as people read them, in the decimal units of the networks they travel on."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def coloured(text: str, colour: int) -> str:
    """The text in a colour of ECMA-48 on a terminal that shows it; https://no-color.org/ says when not to."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" or os.name == "nt"
    return text if plain else f"\x1b[{colour}m{text}\x1b[0m"


def say(line: str) -> None:
    """Print, whatever the console can show: an old Windows console knows few characters."""
    encoding = sys.stdout.encoding or "ascii"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)


if __name__ == "__main__":
    sys.exit(main())
