"""What the proof can say: one finding, its level, its place and its remedy."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class Level(enum.IntEnum):
    """How much a finding weighs, in the order and with the letters of Django's own check messages."""

    NOTE = 20
    WARNING = 30
    ERROR = 40

    @property
    def letter(self) -> str:
        """``I``, ``W`` or ``E``, as in ``staticproof.E004``."""
        return {Level.NOTE: "I", Level.WARNING: "W", Level.ERROR: "E"}[self]


@dataclass(frozen=True)
class Finding:
    """One fault, or one thing that could not be proven.

    ``number`` names the rule (see ``catalogue.py``); together with ``level`` it makes ``id``. ``message`` says what is
    wrong in one sentence, ``hint`` what to write instead. ``line`` counts from 1; it is ``None`` where the finding is
    about the whole file, and ``file`` is ``None`` where it is about the settings or the running site.
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
