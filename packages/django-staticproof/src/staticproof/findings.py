"""The findings of the proof: level, place, message and hint."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class Level(enum.IntEnum):
    """The level of a finding, with the numbers and letters of Django's own check messages."""

    NOTE = 20
    WARNING = 30
    ERROR = 40

    @property
    def letter(self) -> str:
        """``I``, ``W`` or ``E``, as in ``staticproof.E004``."""
        return {Level.NOTE: "I", Level.WARNING: "W", Level.ERROR: "E"}[self]


@dataclass(frozen=True)
class Finding:
    """One fault, or one reference that could not be proven.

    ``number`` names the rule (see ``catalogue.py``); ``level`` and ``number`` together make ``id``. ``message`` says in
    one sentence what is wrong, and under which storage; ``hint`` says what to write instead. ``line`` counts from 1; it
    is None where the finding is about the whole file, and ``file`` is None where it is about the running site.
    """

    number: int
    level: Level
    message: str
    hint: str = ""
    file: Path | None = None
    line: int | None = None

    @property
    def id(self) -> str:
        """The identifier that people silence and tests require: ``staticproof.E004``."""
        return f"staticproof.{self.level.letter}{self.number:03d}"
