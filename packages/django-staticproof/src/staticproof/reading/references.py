"""The results of the readers: URLs as they are written, tags that write static URLs, and masked templates.

The tags of a template are covered with placeholder characters, so that an HTML parser can read it. No offset changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

OUTPUT = "\ue000"  # covers a tag that writes something; markup contains no private-use characters
SILENT = "\ue001"  # covers a tag that writes nothing itself
SOURCE_MAP = re.compile(r"(?:^[ \t]*//|/\*)[#@][ \t]*sourceMappingURL=[ \t]*([^*\s]+)", re.MULTILINE)


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
    ``literal`` or ``sourcemap`` in scripts. In markup it is the element and the attribute, such as ``src of <img>``.
    ``start`` and ``end`` are the character offsets of the URL, when the reader knows them.
    """

    kind: str
    url: str
    line: int
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class StaticUse:
    """One tag that writes a static URL, such as `{% static %}`, or the prefix of all, such as `{{ STATIC_URL }}`.

    ``path`` is its constant argument, or None when the argument is computed. ``source`` is the argument as written, or
    the whole tag for a prefix. ``variable`` is the name after ``as``. ``start`` and ``end`` are offsets into the
    template. ``glued`` is true when the same tag appends text to the path. ``before`` is the character before each
    place where the URL is written, or the mark of a tag (``OUTPUT``, ``SILENT``). ``after`` is the text after the tag.
    ``in_comment`` is true inside an HTML comment.
    """

    path: str | None
    source: str
    variable: str | None
    line: int
    start: int
    end: int
    glued: bool = False
    before: tuple[str, ...] = ()
    after: str = ""
    in_comment: bool = False


@dataclass(frozen=True)
class Fault:
    """A broken tag: the rule, the line, the offset, and the tag (or the parser's message) as an excerpt."""

    number: int
    line: int
    start: int
    excerpt: str


@dataclass(frozen=True)
class BundleUse:
    """One tag that names a bundle: the tool (``pipeline``, ``vite``, ``webpack``), its kind, the name, the line."""

    tool: str
    kind: str
    name: str
    line: int


@dataclass
class Compiled:
    """The tags of one template.

    ``masked`` is the text with its tags covered. ``variables`` are the names that the template writes, with their
    offsets. ``parents`` are the templates that it extends. ``extends`` is the offset after `{% extends %}`, or 0.
    ``called`` are paths that a custom tag passes to `static()`, with their lines. ``complete`` is false when the engine
    does not compile the template.
    """

    masked: str = ""
    statics: list[StaticUse] = field(default_factory=list)
    prefixes: list[StaticUse] = field(default_factory=list)
    variables: list[tuple[str, int]] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    extends: int = 0
    called: list[tuple[str, int]] = field(default_factory=list)
    bundles: list[BundleUse] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    complete: bool = True


def source_maps(text: str) -> list[Mention]:
    """Return the source maps that the comments of a stylesheet or script name. collectstatic looks for each of them."""
    found = SOURCE_MAP.finditer(text) if "sourceMappingURL" in text else ()
    return [Mention("sourcemap", comment[1], text.count("\n", 0, comment.start(1)) + 1) for comment in found]


def cover(written: str, character: str) -> str:
    """Return a text of the same lines and lengths, made of one character."""
    return "\n".join(character * len(line) for line in written.split("\n"))
