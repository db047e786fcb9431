"""The results of the readers: a proven reference to a file, and a URL as it is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reference:
    """A proven reference: at this place, to this static file."""

    name: str
    file: Path
    line: int


@dataclass(frozen=True)
class Mention:
    """A URL as it is written in a stylesheet, a script or the markup.

    ``kind`` says how: for stylesheets ``url``, ``import``, ``image-set`` or ``sourcemap``; for scripts ``import`` (any
    form that names a module), ``literal`` or ``sourcemap``; for markup the element and attribute, as ``img src``.
    ``start`` and ``end`` are the character offsets of the URL where the reader knows them.
    """

    kind: str
    url: str
    line: int
    start: int = 0
    end: int = 0
