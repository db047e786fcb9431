"""Find the places in the site's own files for faults of a running site."""

from __future__ import annotations

import contextlib
import functools
import sys
import traceback
from pathlib import Path

from django.template.base import Node
from django.urls import Resolver404, resolve

from ..project import is_own
from ..reading.discovery import discover

THIS_APP = Path(__file__).resolve().parent.parent
Place = tuple[Path | None, int | None]
NOWHERE: Place = (None, None)


def of_exception(error: BaseException) -> Place:
    """Return the site's innermost template tag in a traceback, or else the site's innermost line of Python."""
    tags: list[Place] = []
    lines: list[Place] = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        # Only the frame holds the tag that failed: Django names it on its debug page, which needs DEBUG.
        # Without a node, the line of Python is returned.
        node = frame.f_locals.get("self")
        token = getattr(node, "token", None)
        if isinstance(node, Node) and token is not None and _counts(Path(node.origin.name)):
            tags.append((Path(node.origin.name), token.lineno))
        elif _counts(Path(frame.f_code.co_filename)):
            lines.append((Path(frame.f_code.co_filename), line))
    return (tags or lines or [NOWHERE])[-1]


def of_text(*texts: str) -> Place:
    """Return the place of a text in the site's own templates. Try several texts in turn.

    Return NOWHERE when no text occurs exactly once.
    """
    for text in texts:
        found: list[Place] = []
        for path, content in _own_templates() if text else ():
            position = content.find(text)
            while position >= 0 and len(found) < 2:
                found.append((path, content.count("\n", 0, position) + 1))
                position = content.find(text, content.find("\n", position) + 1 or len(content))
        if len(found) == 1:
            return found[0]
    return NOWHERE


def is_own_view(path: str) -> bool:
    """Return whether the view of a page is in the site's own code."""
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    module = sys.modules.get(getattr(view, "view_class", view).__module__)
    file = getattr(module, "__file__", None)
    return file is not None and _counts(Path(file))


def forget() -> None:
    """Forget the texts of the templates, because the files may have changed since."""
    _own_templates.cache_clear()


@functools.cache
def _own_templates() -> list[tuple[Path, str]]:
    read: list[tuple[Path, str]] = []
    for path in (template.path for template in discover([], third_party=False) if template.own):
        with contextlib.suppress(OSError, UnicodeDecodeError):  # the static analysis reports these
            read.append((path, path.read_text(encoding="utf-8")))
    return read


def _counts(path: Path) -> bool:
    """Return whether a frame's file is the site's own. This app and code without a file do not count."""
    return path.is_absolute() and not path.is_relative_to(THIS_APP) and is_own(path)
