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
        """The letter ``I``, ``W`` or ``E``, as in ``staticproof.E004``."""
        return {Level.NOTE: "I", Level.WARNING: "W", Level.ERROR: "E"}[self]


@dataclass(frozen=True)
class Finding:
    """One fault, or one reference that could not be proven.

    ``number`` is the rule (see ``catalogue.py``). ``level`` and ``number`` together are the ``id``. ``message``
    describes the fault and ends with the storages that it applies to. ``hint`` is the correction. ``line`` counts from
    1, and is None for a finding about a whole file. ``file`` is None for a finding about the running site.
    """

    number: int
    level: Level
    message: str
    hint: str = ""
    file: Path | None = None
    line: int | None = None

    @property
    def id(self) -> str:
        """The identifier for ignore comments and tests: ``staticproof.E004``."""
        return f"staticproof.{self.level.letter}{self.number:03d}"
