"""Running the proof in a process of its own, under the settings of production with throw-away values.

The process that `manage.py` started may be one of development; what is proven has to be what a server would run.
"""

from __future__ import annotations

import json
import os
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

from django.conf import settings

from .project import base_dir
from .report import Report

VARIABLE = "STATICPROOF_REHEARSAL"  # where `production.py` finds what it needs
RESULT = "report.json"
STDERR = 2
# A production site may refuse to start without these; what is set already stays. `DEBUG` is off in any case.
THROW_AWAY = {"SECRET_KEY": "thrown-away-after-the-proof", "ALLOWED_HOSTS": "localhost"}
# A page that fails in a rehearsal is nobody's incident.
SILENT = {"DEBUG": "False", "SENTRY_DSN": ""}


@dataclass(frozen=True)
class Request:
    """What to prove.

    ``collected``: STATIC_ROOT as it is, instead of a fresh collection; with ``wait``, as it is when standard input has
    ended: someone is still collecting. ``server``: through gunicorn. ``url``: a deployed site, which is asked over
    HTTP. ``progress``: say on stderr, a terminal, what is going on.
    """

    collected: bool = False
    wait: bool = False
    server: bool = False
    url: str = ""
    progress: bool = False


class NotRunError(Exception):
    """The proof itself could not run: one line for people, and the traceback where there is one."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


def said(error: BaseException) -> str:
    """An exception in one line."""
    words = " ".join(str(error).split())
    if isinstance(error, SystemExit):  # its text was written for people
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def rehearse(request: Request) -> Report:
    """Run the proof and return its report.

    Raises:
        NotRunError: when the site does not start as production, or the proof cannot be carried out.
    """
    with tempfile.TemporaryDirectory(prefix="staticproof-", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "staticproof.proof", json.dumps(asdict(request))]
        _run(command, _environment(Path(folder)), None if request.wait else subprocess.DEVNULL)
        try:
            answer: dict[str, Any] = json.loads(Path(folder, RESULT).read_text(encoding="utf-8"))
        except OSError:
            raise NotRunError("The proof ended without a report; what it said is above.") from None
    if "error" in answer:
        raise NotRunError(answer["error"], answer["details"])
    return Report.from_dict(answer)


def _environment(folder: Path) -> dict[str, str]:
    if not settings.SETTINGS_MODULE:  # settings.configure()
        raise NotRunError("The proof needs a settings module: set DJANGO_SETTINGS_MODULE.")
    rehearsal = {"settings": settings.SETTINGS_MODULE, "folder": str(folder), "base_dir": str(base_dir())}
    return {
        **THROW_AWAY,
        **{name: value for name, value in os.environ.items() if value},
        **SILENT,
        "DJANGO_SETTINGS_MODULE": "staticproof.serving.production",
        # manage.py may have added folders of its own; the empty entry means the current one.
        "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path),
        VARIABLE: json.dumps(rehearsal),
    }


def _run(command: list[str], environment: dict[str, str], stdin: int | None) -> None:
    """Wait for the process; when this one is told to stop, stop that one first, so that it can end its server."""
    # What the site prints goes where it does not mix with the report.
    with subprocess.Popen(command, env=environment, stdin=stdin, stdout=STDERR) as process:
        try:
            with _stopped_by_sigterm():
                process.wait()
        except BaseException:
            process.terminate()
            raise


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit, so that cleaning up happens; only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
