"""The proof as a process of its own. `rehearsal.py` starts it under the settings `staticproof.serving.production`."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from .rehearsal import RESULT, VARIABLE, NotRunError, Request, said

AT_IMPORT = 32  # rule P2


def main() -> None:
    """Prove what the first argument (a Request as JSON) asks for, and leave the report in the rehearsal's folder."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    request = Request(**json.loads(sys.argv[1]))
    rehearsal = json.loads(os.environ[VARIABLE])
    progress = Progress(request.progress)
    try:
        # What the site prints while it is asked for its pages is not part of the report.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            answer = prove(request, rehearsal, progress)
    except NotRunError as error:
        answer = {"error": str(error), "details": error.details}
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is reported in one line, its details on request
        answer = {"error": f"The proof could not be carried out: {said(error)}", "details": traceback.format_exc()}
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    finally:
        progress.end()
    Path(rehearsal["folder"], RESULT).write_text(json.dumps(answer), encoding="utf-8")


class Stopped(KeyboardInterrupt):
    """A signal ends the process. It is a KeyboardInterrupt, since database drivers cancel their query on that only."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _stop(number: int, _: object) -> None:
    """Raise Stopped; the clean-up that follows is not interrupted by a second signal."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)


def prove(request: Request, rehearsal: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Start the site as production, then go through the stages; return the report as a dictionary.

    Raises:
        NotRunError: when the site does not start, or has no static files.
    """
    import django
    from django.conf import settings

    progress("starting the site as production")
    try:
        django.setup()
        settings.SETTINGS_MODULE = rehearsal["settings"]  # rules say where a setting is written
        logging.disable(logging.CRITICAL)  # an error page is expected here, and reported where it is not
        installed = django.apps.apps.is_installed("django.contrib.staticfiles")
        from .stages import run
    except (Exception, SystemExit) as error:  # noqa: BLE001 - settings and apps may raise anything, or exit
        if "staticfiles manifest" in str(error):
            return _called_at_import(error)
        raise NotRunError(f"The site does not start as production: {said(error)}", traceback.format_exc()) from None
    if not installed:
        raise NotRunError("django.contrib.staticfiles is not in INSTALLED_APPS: there are no static files to prove.")
    return run(request, Path(rehearsal["folder"]), progress).as_dict()


def _called_at_import(error: BaseException) -> dict[str, Any]:
    """`static()` at import time keeps the site from starting before any check could see it, and is the finding."""
    from .findings import Finding, Level
    from .report import Report
    from .serving.places import of_exception

    report = Report(stage="read")
    hint = "Call static() inside a function, or make it lazy: no manifest exists before the first collectstatic."
    message = f"static() is called at import time and keeps the site from starting: {error}"
    report.add(Finding(AT_IMPORT, Level.ERROR, message, hint, *of_exception(error)))
    return report.as_dict()


class Progress:
    """One line on a terminal that says what is going on, and leaves no trace."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.stream = sys.stderr

    def __call__(self, step: str) -> None:
        """Say what begins now."""
        if self.shown:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{step[:width]}")
            self.stream.flush()

    def end(self) -> None:
        """Wipe the line."""
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


if __name__ == "__main__":
    main()
