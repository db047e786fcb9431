"""The Jinja extension that leaves nothing half-made when a generation is stopped, or cannot go on.

Cookiecutter removes a folder that it made when a hook fails, and in that case only. Ctrl-C while it writes, a full disk
or a folder that may not be written end in half a site, and most of them in a traceback. This extension has no part in
rendering: Cookiecutter loads it before the first question, and from then on

- Ctrl-C removes the folder that was being filled, and while a hook runs leaves it to the hook to end;
- an error of the file system is told in a line or two, with what is left and what to do;
- a failed hook is told without a traceback, which `--verbose` still shows;
- a folder that is there already is refused with advice, before anything is written.

Which folder it is, and whether Cookiecutter or its user made it, only Cookiecutter knows: that is read from the local
variables of its function (`_Generation.among`). Should it rename them one day, its own behaviour is what remains.
Nothing of Cookiecutter is replaced: `signal.signal`, `sys.excepthook` and logging's filters are there for this.
"""

from __future__ import annotations

import errno
import inspect
import logging
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType

from cookiecutter.exceptions import CookiecutterException, FailedHookException  # type: ignore[import-untyped]
from jinja2 import Environment
from jinja2.ext import Extension

_ROOM = "Make room on the disk"
_ELSEWHERE = "Choose a folder that you may write to, with --output-dir"
_ADVICE = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EROFS: _ELSEWHERE,
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
}


class InterruptionsExtension(Extension):
    """Watches over the process that it is loaded into, and adds the filter `vacant`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["vacant"] = vacant
        _watch()


def vacant(slug: str) -> str:
    """The slug as it is, if the site's folder may be made under that name; else say why not, and end the run with 1."""
    for frame in _callers(inspect.currentframe()):
        if _is(frame, "cookiecutter.generate.render_and_create_dir"):
            folder = Path(frame.f_locals["output_dir"], slug)
            if folder.is_dir():
                if not frame.f_locals["overwrite_if_exists"]:
                    _refuse(
                        f"{folder} already exists. Choose another folder with --output-dir, or another project_slug. "
                        "To write the template's files over those in it: --overwrite-if-exists"
                    )
            elif os.path.lexists(folder):
                what = "a link to nowhere" if folder.is_symlink() else "a file"
                _refuse(f"{folder} already exists, and is {what}. Rename it, or choose another project_slug")
    return slug


def _refuse(reason: str) -> None:
    print(f"Error: {reason}.", file=sys.stderr)
    raise SystemExit(1)


def _watch() -> None:
    """Idempotent, since Cookiecutter makes several environments; a handler that somebody else has set stays."""
    if threading.current_thread() is threading.main_thread():
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _stop)
        if not isinstance(sys.excepthook, _Explain):
            sys.excepthook = _Explain(sys.excepthook)
    logging.getLogger("cookiecutter.hooks").addFilter(_tell_of_hook)


# --- The three ways in which a generation ends early ----------------------------------------------------------------


def _stop(number: int, frame: FrameType | None) -> None:
    """Ctrl-C. It reaches a running hook too: that ends what it has started, and its exit code tells Cookiecutter."""
    frames = list(_callers(frame))
    if any(_is(frame, "cookiecutter.hooks.run_script") for frame in frames):
        return
    if generation := _Generation.among(frames):
        print(f"\nStopped. {generation.given_up()}", file=sys.stderr)
    signal.default_int_handler(number, frame)


class _Explain:
    """An excepthook: errors of files, and Cookiecutter's own (cruft does not catch them), without a traceback."""

    def __init__(self, previous: Callable[..., object]) -> None:
        self.previous = previous

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        frames = [frame for frame, _ in traceback.walk_tb(trace)]
        generation = _Generation.among(frames)
        left = generation.given_up() if generation else ""
        if not isinstance(error, OSError | CookiecutterException) or not any(
            str(frame.f_globals.get("__name__")).startswith("cookiecutter.") for frame in frames
        ):
            self.previous(kind, error, trace)
            return
        if _verbose():
            self.previous(kind, error, trace)
        cause = _cause(error)
        what = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
        where = getattr(cause, "filename", None) or (generation and generation.folder)
        print(f"Error: {where}: {what}." if where else f"Error: {what}", file=sys.stderr)
        if left or isinstance(cause, OSError):
            advice = _ADVICE.get(getattr(cause, "errno", None) or 0, "Mend that")
            print(f"{left} {advice}, then run the command again.".lstrip(), file=sys.stderr)


def _tell_of_hook(record: logging.LogRecord) -> bool:
    """Cookiecutter's report of a failed hook, as it removed the folder or not: that instead of a traceback."""
    if record.exc_info and isinstance(record.exc_info[1], FailedHookException) and record.exc_info[2]:
        of_cookiecutter = record.exc_info[2].tb_frame.f_locals
        if "project_dir" in of_cookiecutter:
            record.msg, record.args = _left(Path(of_cookiecutter["project_dir"])), ()
        if not _verbose():
            record.exc_info = None
    return True


# --- What they have in common ---------------------------------------------------------------------------------------


class _Generation:
    """A run of Cookiecutter's `generate_files`: the folder that it fills, whether it made that, and for whom."""

    def __init__(self, folder: Path, ours: bool, for_update: bool) -> None:
        self.folder = folder
        self.ours = ours
        self.for_update = for_update

    @classmethod
    def among(cls, frames: list[FrameType]) -> _Generation | None:
        for frame in frames:
            if _is(frame, "cookiecutter.generate.generate_files") and "delete_project_on_failure" in frame.f_locals:
                for_update = any(_is(frame, "cruft._commands.update.update") for frame in frames)
                variables = frame.f_locals
                return cls(Path(variables["project_dir"]), variables["delete_project_on_failure"], for_update)
        return None

    def given_up(self) -> str:
        """Remove the folder if Cookiecutter made it (and --keep-project-on-failure was not given); what is left."""
        if self.ours:
            shutil.rmtree(self.folder, ignore_errors=True)
        # What `cruft update` compares is in temporary folders; that they are gone is of no interest.
        return "The site is as it was." if self.for_update else _left(self.folder)


def _left(folder: Path) -> str:
    if os.path.lexists(folder):
        return f"{folder} stays, with what the template has written there."
    return f"{folder} has been removed: nothing is left of it."


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame:
        yield frame
        frame = frame.f_back


def _is(frame: FrameType, function: str) -> bool:
    """Whether the frame runs that function, written as `module.function`."""
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}" == function


def _cause(error: BaseException) -> BaseException:
    """The first error of a chain: Cookiecutter raises one without a number of its own from that of the system."""
    return _cause(error.__cause__) if error.__cause__ else error


def _verbose() -> bool:
    return any(handler.level <= logging.DEBUG for handler in logging.getLogger("cookiecutter").handlers)
