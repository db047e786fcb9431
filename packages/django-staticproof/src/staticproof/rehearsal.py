"""Start the proof in a separate process, with production settings and temporary databases.

The process of `manage.py` may have development settings. The proof needs those of a production server.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import ENVIRONMENT_VARIABLE, settings

from .project import base_dir
from .report import Report

VARIABLE = "STATICPROOF_REHEARSAL"  # contains the parameters of `production.py` as JSON
RESULT = "report.json"
STDERR = 2


@dataclass(frozen=True)
class Request:
    """The options of a proof.

    * ``collected``: prove STATIC_ROOT as it is, in place of a new collection.
    * ``wait``: with ``collected``, read STATIC_ROOT only after the end of standard input, because `collectstatic` runs
      at the same time.
    * ``as_if``: assume another storage, see `reading.contract`.
    * ``url``: prove this running site over HTTP.
    * ``with_data``: read the existing databases.
    * ``login``: the name of a user for pages behind a login.
    * ``include`` and ``exclude``: patterns of paths, as in `fnmatch`.
    * ``pages`` and ``seconds``: stop fetching pages after so many. 0 means no limit.
    * ``progress``: show the current step on stderr, which is a terminal.
    * ``fix``: only read, and add the certain corrections to the report, see `fix.py`.
    """

    collected: bool = False
    wait: bool = False
    as_if: str = ""
    url: str = ""
    with_data: bool = False
    login: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pages: int = 0
    seconds: float = 0.0
    progress: bool = False
    fix: bool = False


class NotRunError(Exception):
    """The proof itself could not run. The message is one line. ``details`` is the traceback, if there is one."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


def one_line(error: BaseException) -> str:
    """Return an exception in one line."""
    words = " ".join(str(error).split())
    if isinstance(error, SystemExit):  # its text is a message for the user
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def rehearse(request: Request) -> Report:
    """Run the proof and return its report.

    Raises:
        NotRunError: when the site does not start as production, or the proof cannot be carried out.
    """
    with tempfile.TemporaryDirectory(prefix="staticproof-", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "staticproof.proof", json.dumps(asdict(request))]
        # Pass on the folders that manage.py has added. An empty entry means the current folder.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        rehearsal = rehearsal_environment(request, Path(folder), _module(), _root())
        environment = {**os.environ, "PYTHONPATH": path, **rehearsal}
        _run(command, environment, None if request.wait else subprocess.DEVNULL)
        try:
            answer: dict[str, Any] = json.loads(Path(folder, RESULT).read_text(encoding="utf-8"))
        except OSError:
            raise NotRunError("The proof ended without a report. Its last output is above.") from None
    if "error" in answer:
        raise NotRunError(answer["error"], answer["details"])
    return Report.from_dict(answer)


def rehearsal_environment(request: Request, folder: Path, module: str, root: Path) -> dict[str, str]:
    """Return the two environment variables that start a process as a rehearsal of the site with these settings."""
    rehearsal = {
        "settings": module,
        "folder": str(folder),
        "base_dir": str(root),
        "token": secrets.token_hex(6),
        "with_data": request.with_data,
    }
    return {ENVIRONMENT_VARIABLE: "staticproof.serving.production", VARIABLE: json.dumps(rehearsal)}


def _module() -> str:
    module = settings.SETTINGS_MODULE if settings.configured else os.environ.get(ENVIRONMENT_VARIABLE)
    if not module:  # settings.configure()
        raise NotRunError(f"The proof needs a settings module: set {ENVIRONMENT_VARIABLE}.")
    return str(module)


def _root() -> Path:
    try:
        return base_dir()
    except Exception:  # noqa: BLE001 - the settings do not load, and the other process reports why
        return Path.cwd()


def _run(command: list[str], environment: dict[str, str], stdin: int | None) -> None:
    """Wait for the process. On a signal, stop that process first, so that it can clean up."""
    # The output of the site goes to stderr, separate from the report.
    with subprocess.Popen(command, env=environment, stdin=stdin, stdout=STDERR) as process:
        try:
            with _stopped_by_sigterm():
                process.wait()
        except BaseException:
            process.terminate()
            raise


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit, so that the clean-up runs. Only the main thread may set a signal handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
