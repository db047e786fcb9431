"""Finish the generated site: prune, write .env, install, collect, prove and report.

A missing tool or network keeps the project and prints NOT PROVEN. A failed proof is a fault of the template or of an
answer: exit code 1, and Cookiecutter removes the folder that it made. Python 3.10 or newer, standard library only.
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
from subprocess import PIPE
from typing import Any

# cruft generates versions of the site only to compare them, so nothing is installed there. Only cruft sets `_commit`.
UNDER_CRUFT = bool("{{ cookiecutter._commit | default('') }}")

# The files and folders of each option, removed when the option is off: (is the option on?, paths).
OPTIONAL: list[tuple[bool, list[str]]] = []

# Variables of the caller's environment that point to another Python, or to another project's settings.
UNSET_VARIABLES = {"VIRTUAL_ENV", "PYENV_VERSION", "PYENV_DIR", "PYTHONPATH", "PYTHONHOME", "DJANGO_SETTINGS_MODULE"}

PYTHON = ("run", "--no-sync", "python")
# The same proof as `manage.py provestatic`. It starts Django once, not twice.
STATICPROOF = (*PYTHON, "-m", "staticproof", "--format", "json", "--fail-level", "WARNING")
REPORT_VERSION = 1


class NotProvenError(Exception):
    """The proof could not run; the message gives the reason. The project stays."""


class FailedError(Exception):
    """The proof found faults, or ended early; the message lists them. Cookiecutter removes the project."""


def main() -> int:
    prune()
    if UNDER_CRUFT:
        # `cruft create` needs these commands. `cruft update` works in temporary folders and does not.
        if Path(tempfile.gettempdir()).resolve() not in Path.cwd().resolve().parents:
            print("\n  NOT PROVEN: under cruft nothing is installed. These commands finish the job:")
            print_commands("cp .env.example .env", "uv sync", "uv run manage.py provestatic")
        return 0
    write_env()
    try:
        print_proven(prove())
    except NotProvenError as reason:
        print("\n  NOT PROVEN: the site is complete, but its static files have not been tested:\n")
        print_indented(str(reason))
        print("\n  These two commands finish the job:")
        print_commands("uv sync", "uv run manage.py provestatic")
    except FailedError as findings:
        print("\n  FAILED: static files of this site would not work:\n")
        print_indented(str(findings))
        print("\n  This is a fault of the template or of an answer. Please report it with the lines above.\n")
        return 1
    return 0


def prune() -> None:
    for wanted, paths in OPTIONAL:
        for path in map(Path, [] if wanted else paths):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def write_env() -> None:
    """Copy `.env.example` to `.env` with a new secret key. Keep an existing `.env`."""
    with contextlib.suppress(FileExistsError), Path(".env").open("x", encoding="utf-8", newline="\n") as file:
        example = Path(".env.example").read_text(encoding="utf-8")
        file.write(re.sub("^# ?SECRET_KEY=.*", f"SECRET_KEY={secrets.token_urlsafe(50)}", example, flags=re.MULTILINE))


def prove() -> dict[str, Any]:
    """Install the site, collect its static files as a deploy does, and return the summary of provestatic.

    The proof reads the sources while collectstatic runs, and waits for the end of its standard input before it reads
    the collected files. When collectstatic fails, a proof of the sources alone finds the file and the line.
    """
    uv = shutil.which(os.environ.get("UV", "")) or shutil.which("uv")
    if not uv:
        raise NotProvenError("uv, which installs the site, is not on PATH. Install it with: pip install uv")
    with step("Installing the site"):
        installed = ended(start(uv, "sync"))
    if installed.returncode:
        raise NotProvenError(f"'uv sync' failed:\n{last_lines(installed)}")
    with start(uv, *STATICPROOF, "--collected", "--wait") as proving:
        with step("Collecting its static files"):
            collected = ended(start(uv, *PYTHON, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"))
        with step("Proving every static reference"):
            done = ended(proving)
            report = read_report(done)
            if collected.returncode and report.get("stage") != "read":
                done = ended(start(uv, *STATICPROOF))
                report = read_report(done)
    if report["ok"] and not collected.returncode:
        return dict(report["summary"])
    findings = [shown(finding) for finding in report["findings"] if finding["level"] != "info"]
    why = last_lines(collected) if collected.returncode else report.get("error") or last_lines(done)
    raise FailedError("\n\n".join(findings) or why)


def start(*command: str) -> subprocess.Popen[str]:
    """Start a command with the settings of production, without the caller's variables for another site."""
    example = Path(".env.example").read_text(encoding="utf-8")
    drop = UNSET_VARIABLES | set(re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    production = {"DEBUG": "False", "SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "localhost"}
    env = kept | production | {"PYTHONUTF8": "1"}
    return subprocess.Popen(command, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE, encoding="utf-8", errors="replace")


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Close the command's standard input and wait for its end."""
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def read_report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the report that provestatic printed, or a report without findings if it printed none."""
    try:
        report = dict(json.loads(done.stdout))
    except ValueError:
        return {"ok": False, "findings": []}
    if report.get("version") != REPORT_VERSION:
        versions = f"a report of version {report.get('version')}, and this template reads version {REPORT_VERSION}"
        raise NotProvenError(f"provestatic wrote {versions}.")
    return report


def shown(finding: dict[str, Any]) -> str:
    """Return a finding as `file:line: message (id)`, with its hint below."""
    place = "".join(f"{part}:" for part in (finding["file"], finding["line"]) if part)
    return "\n    ".join([f"{place} {finding['message']} ({finding['id']})".strip(), *finding["hint"].splitlines()])


def last_lines(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-12:])


# --- What the user reads --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title of a step, and its seconds at its end."""
    print(f"  {title} ".ljust(40, "."), end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    finally:
        print(f"{time.monotonic() - began:5.1f} s", flush=True)


def print_proven(summary: dict[str, Any]) -> None:
    raw, gzip, brotli = (f"{summary[key] / 1e3:.0f} kB" for key in ("bytes_raw", "bytes_gzip", "bytes_brotli"))
    print("\n  Proven, as production serves it:")
    print(f"    {summary['files']} static files: {raw}, {gzip} with gzip, {brotli} with Brotli")
    print(f"    {summary['pages']} pages and {summary['error_pages']} error pages answer as they should")
    print(f"    {summary['references']} static references resolve")
    print(f"    {summary['static_files_followed']} static files of these pages have hashed names and immutable caching")
    print("\n  Next:")
    print_commands("uv run manage.py migrate", "uv run manage.py runserver")


def print_indented(text: str) -> None:
    print("\n".join(f"    {line}".rstrip() for line in text.splitlines()))


def print_commands(*commands: str) -> None:
    print_indented("\n".join([f"cd {Path.cwd().name}", *commands, ""]))


if __name__ == "__main__":
    # A Windows console may not have all characters of a finding.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
