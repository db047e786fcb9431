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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import ENVIRONMENT_VARIABLE

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
    * ``rules``: the choice of rules and files, see `config.Choice.of`.
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
    rules: dict[str, Any] = field(default_factory=dict)


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
    """Run the proof and return its report. Neither load the settings nor start the project in this process.

    Raises:
        NotRunError: when the site does not start as production, or the proof cannot be carried out.
    """
    module = os.environ.get(ENVIRONMENT_VARIABLE)
    if not module:  # settings.configure()
        raise NotRunError(f"The proof needs a settings module: set {ENVIRONMENT_VARIABLE}.")
    script = Path(sys.argv[0])
    root = script.resolve().parent if script.name == "manage.py" else Path.cwd()
    with tempfile.TemporaryDirectory(prefix="staticproof-", ignore_cleanup_errors=True) as folder:
        # Pass on the folders that manage.py has added. An empty entry means the current folder.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        rehearsal = rehearsal_environment(request, Path(folder), module, root)
        _run({**os.environ, "PYTHONPATH": path, **rehearsal}, None if request.wait else subprocess.DEVNULL)
        try:
            answer: dict[str, Any] = json.loads(Path(folder, RESULT).read_text(encoding="utf-8"))
        except OSError:
            raise NotRunError("The proof ended without a report. Its last output is above.") from None
    if "error" in answer:
        raise NotRunError(answer["error"], answer["details"])
    return Report.from_dict(answer)


def rehearsal_environment(request: Request, folder: Path, module: str, root: Path) -> dict[str, str]:
    """Return the two environment variables that start a process as a rehearsal of the site with these settings.

    ``folder`` is empty, and is deleted afterwards. ``root`` is the folder of the site when it has no ``BASE_DIR``.
    """
    rehearsal = {
        "request": asdict(request),
        "settings": module,
        "folder": str(folder),
        "base_dir": str(root),
        "token": secrets.token_hex(6),
    }
    return {ENVIRONMENT_VARIABLE: "staticproof.serving.production", VARIABLE: json.dumps(rehearsal)}


def _run(environment: dict[str, str], stdin: int | None) -> None:
    """Run the proof. On Ctrl-C or SIGTERM, stop its process first, so that it can clean up."""
    is_main = threading.current_thread() is threading.main_thread()  # only this thread may set a signal handler
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM)) if is_main else None
    # The output of the site goes to stderr, separate from the report.
    with subprocess.Popen(
        [sys.executable, "-m", "staticproof.proof"], env=environment, stdin=stdin, stdout=STDERR
    ) as process:
        try:
            process.wait()
        except BaseException:
            process.terminate()
            raise
        finally:
            if is_main:
                signal.signal(signal.SIGTERM, previous or signal.SIG_DFL)
