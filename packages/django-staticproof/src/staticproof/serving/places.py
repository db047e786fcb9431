"""Where in the site's own files something comes from that was only seen in a running site."""

from __future__ import annotations

import functools
import traceback
from pathlib import Path

from django.template.base import Node

from ..project import is_own
from ..reading.templates import discover

THIS_APP = Path(__file__).resolve().parent.parent
Place = tuple[Path | None, int | None]
NOWHERE: Place = (None, None)


def of_exception(error: BaseException) -> Place:
    """The innermost template tag of the site that was being rendered, or else its innermost line of Python."""
    tags: list[Place] = []
    lines: list[Place] = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        node = frame.f_locals.get("self")
        token = getattr(node, "token", None)
        if isinstance(node, Node) and token is not None and _counts(Path(node.origin.name)):
            tags.append((Path(node.origin.name), token.lineno))
        elif _counts(Path(frame.f_code.co_filename)):
            lines.append((Path(frame.f_code.co_filename), line))
    return (tags or lines or [NOWHERE])[-1]


def of_text(text: str) -> Place:
    """The one line in the site's own templates that holds a text; nowhere when none or several do."""
    found: list[Place] = []
    for path in _own_templates():
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # the static analysis has said so
        if text in content:
            found += ((path, number) for number, line in enumerate(content.split("\n"), 1) if text in line)
    return found[0] if len(found) == 1 else NOWHERE


@functools.cache
def _own_templates() -> list[Path]:
    return [template.path for template in discover([], third_party=False) if template.own]


def _counts(path: Path) -> bool:
    """Whether a frame's file is the site's own: this app, and what has no file (``<frozen ...>``), are not."""
    return path.is_absolute() and not path.is_relative_to(THIS_APP) and is_own(path)
