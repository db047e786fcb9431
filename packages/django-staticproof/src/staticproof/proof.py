"""Run the proof in a separate process. `rehearsal.py` starts it with the settings `staticproof.serving.production`."""

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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .rehearsal import RESULT, VARIABLE, NotRunError, Request, one_line

AT_IMPORT = 32  # rule P2


def main() -> None:
    """Run the proof that the environment variable describes, and write the report to the rehearsal's folder."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    rehearsal = json.loads(os.environ[VARIABLE])
    request = Request(**rehearsal["request"])
    progress = _line(request.progress)
    try:
        # The output of the site while it serves pages is not part of the report.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            answer = prove(request, rehearsal, progress)
    except NotRunError as error:
        answer = {"error": str(error), "details": error.details}
    except Exception as error:  # noqa: BLE001 - any error is reported in one line, and its traceback on request
        answer = {"error": f"The proof could not be carried out: {one_line(error)}", "details": traceback.format_exc()}
    except KeyboardInterrupt as stopped:
        sys.exit(128 + stopped.args[0])
    finally:
        progress("")
    Path(rehearsal["folder"], RESULT).write_text(json.dumps(answer), encoding="utf-8")


def _stop(number: int, _: object) -> None:
    """Stop as for Ctrl-C, because database drivers cancel a query only for that. Do not interrupt the clean-up."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def _line(shown: bool) -> Callable[[str], None]:
    """Return a function that shows the current step in one line of a terminal. An empty step erases the line."""
    stream, width = sys.stderr, shutil.get_terminal_size().columns - 1

    def show(step: str) -> None:
        if shown:
            stream.write(f"\r\x1b[K{step[:width]}")
            stream.flush()

    return show


def prove(request: Request, rehearsal: dict[str, Any], progress: Callable[[str], None]) -> dict[str, Any]:
    """Start the site as in production and run the stages. Return the report as a dictionary.

    Raises:
        NotRunError: when the site does not start, or has no static files.
    """
    import django
    from django.conf import settings

    progress("starting the site as production")
    try:
        django.setup()
        settings.SETTINGS_MODULE = rehearsal["settings"]  # findings name the file and line of a setting
        logging.disable(logging.CRITICAL)  # error pages are expected here, and the report names the unexpected ones
        installed = django.apps.apps.is_installed("django.contrib.staticfiles")
        from .stages import run
    except (Exception, SystemExit) as error:  # noqa: BLE001 - settings and apps may raise anything, or exit
        if "staticfiles manifest" in str(error):
            return _called_at_import(error)
        raise NotRunError(f"The site does not start as production: {one_line(error)}", traceback.format_exc()) from None
    if not installed:
        raise NotRunError("django.contrib.staticfiles is not in INSTALLED_APPS: there are no static files to prove.")
    report = run(request, Path(rehearsal["folder"]), progress).as_dict()
    if not request.url and not request.fix:
        _keep(report)
    return report


def _keep(report: dict[str, Any]) -> None:
    """Save the report for the panel of the development server. Ignore a folder that cannot be written to."""
    from .cache_folder import last_proof
    from .project import base_dir

    if file := last_proof(base_dir()):
        with contextlib.suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = file.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(report), encoding="utf-8")
            temporary.replace(file)


def _called_at_import(error: BaseException) -> dict[str, Any]:
    """Return a report with one finding for `static()` at import time, which stops the site before any check runs."""
    from .findings import Finding, Level
    from .report import Report
    from .serving.places import of_exception

    report = Report(stage="read")
    hint = "Call static() inside a function, or make it lazy. No manifest exists before the first collectstatic."
    message = f"static() is called at import time, so the site does not start: {error}"
    report.add(Finding(AT_IMPORT, Level.ERROR, message, hint, *of_exception(error)))
    return report.as_dict()


if __name__ == "__main__":
    main()
