"""The results of the readers: a proven reference to a file, and a URL as it is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reference:
    """A proven reference: the name of a static file, and the file and line that refer to it."""

    name: str
    file: Path
    line: int


@dataclass(frozen=True)
class Mention:
    """A URL as it is written in a stylesheet, a script or the markup.

    ``kind`` is ``url``, ``import``, ``image-set`` or ``sourcemap`` in stylesheets. It is ``import``, ``url``,
    ``literal`` or ``sourcemap`` in scripts. In markup it is the element and the attribute, such as ``img src``.
    ``start`` and ``end`` are the character offsets of the URL, when the reader knows them.
    """

    kind: str
    url: str
    line: int
    start: int = 0
    end: int = 0
