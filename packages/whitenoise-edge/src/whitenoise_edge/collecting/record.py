"""A record of what the last `collectstatic` read and wrote, so that the next one can skip unchanged files.

A source is recognised by its stamp (size, times, inode), which every change alters. If the stamp differs, or was taken
too soon after a change to be reliable, a digest of the content decides. The files made of it are recognised by their
stamps alone: a file that was touched in any way is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from ..cache_folder import cache_folder
from .atomic import write

# Nanoseconds. The coarsest clock of a file system (FAT): a younger file may change without a new stamp.
SURE = 2_000_000_000

Stamp = tuple[int, int, int, int]


@dataclass
class Source:
    """A source at one moment. ``sure`` means that every later state will have another stamp."""

    stamp: Stamp
    sure: bool
    digest: str


@dataclass
class Made:
    """The result of one source: its hashed name, the names that its text refers to, and the stamps of all its files."""

    source: Source
    hashed: str
    references: tuple[str, ...]
    outputs: dict[str, Stamp] = field(default_factory=dict)


@dataclass
class Record:
    """The last run. It is valid only under the code and settings that ``fingerprint`` stands for."""

    root: Path
    fingerprint: str
    made: dict[str, Made] = field(default_factory=dict)
    manifest: Stamp | None = None

    @classmethod
    def load(cls, root: Path, fingerprint: str) -> Record:
        """Return the record of this folder. It is empty if there is none, or if it cannot be read or trusted."""
        record = cls(root, fingerprint)
        file = _file(root)
        if file is None:
            return record
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            if not _is_private(file):
                return record
            with file.open(encoding="utf-8") as lines:
                lines.readline()
                stored = json.loads(lines.readline())
            if stored["fingerprint"] == fingerprint and stored["root"] == str(root):
                made = {name: _from_json(entry) for name, entry in stored["made"].items()}
                record.made, record.manifest = made, _stamp_from_json(stored["manifest"])
        return record

    def save(self) -> None:
        """Write the record, and remove the records of folders that no longer exist. Ignore failures."""
        file = _file(self.root)
        if file is None:
            return
        stored = {
            "root": str(self.root),
            "fingerprint": self.fingerprint,
            "manifest": self.manifest,
            "made": {
                name: [*astuple(made.source), made.hashed, made.references, made.outputs]
                for name, made in self.made.items()
            },
        }
        with contextlib.suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(str(file), f"{json.dumps(str(self.root))}\n{json.dumps(stored)}\n".encode())
            _prune(file.parent)

    def forget(self) -> None:
        """Remove the record before anything is changed, so that an interrupted run leaves none."""
        file = _file(self.root)
        if file is not None:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def source(self, name: str, path: str) -> Source:
        """Return the present state of a source. Read it only when its stamp is not enough. Raise OSError."""
        stamp, sure = _look(path)
        known = self.made.get(name)
        if known and known.source.sure and known.source.stamp == stamp:
            return known.source
        with open(path, "rb") as content:
            return Source(stamp, sure, hashlib.sha256(content.read()).hexdigest())

    def intact(self, name: str, source: Source) -> bool:
        """Return whether this source was collected in this state, and all files made of it are untouched."""
        known = self.made.get(name)
        if known is None or known.source.digest != source.digest:
            return False
        return all(stamp_of(f"{self.root}{os.sep}{output}") == stamp for output, stamp in known.outputs.items())

    def settled(self, intact: Collection[str], names: Collection[str]) -> set[str]:
        """Return the intact names whose texts need no rewriting, because nothing that they refer to has changed.

        Texts that refer to each other are processed again together, as a run from scratch would do.
        """
        neighbours: dict[str, set[str]] = {}
        unsettled = [name for name in names if name not in intact]
        for name in intact:
            for reference in self.made[name].references:
                if reference not in intact:
                    unsettled.append(name)
                else:
                    neighbours.setdefault(reference, set()).add(name)
                    if self.made[reference].references:
                        neighbours.setdefault(name, set()).add(reference)
        reached = set(unsettled)
        while unsettled:
            found = neighbours.get(unsettled.pop(), set()) - reached
            reached |= found
            unsettled += found
        return set(intact) - reached


def stamp_of(path: str | os.PathLike[str]) -> Stamp | None:
    """Return a value that changes whenever the file does, or None if there is no file. Do not follow a link."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def stamps(root: Path, names: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamps of these files, except those that do not exist."""
    return {name: stamp for name in names if (stamp := stamp_of(f"{root}{os.sep}{name}"))}


def _look(path: str) -> tuple[Stamp, bool]:
    now = time.time_ns()
    status = os.stat(path)  # follows a link, because its target is read
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino), changed < now - SURE


def _from_json(entry: list[Any]) -> Made:
    stamp, sure, digest, hashed, references, outputs = entry
    source = Source(tuple(stamp), sure, digest)
    return Made(source, hashed, tuple(references), {name: tuple(stamp) for name, stamp in outputs.items()})


def _stamp_from_json(stored: list[int] | None) -> Stamp | None:
    return None if stored is None else (stored[0], stored[1], stored[2], stored[3])


def _file(root: Path) -> Path | None:
    folder = cache_folder()
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    return folder / "collected" / f"{digest[:16]}.json" if folder else None


def _is_private(file: Path) -> bool:
    """Return whether no other user could have written this file. Its content is trusted."""
    status = file.stat()
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _prune(folder: Path) -> None:
    for file in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError), file.open(encoding="utf-8") as lines:
            if not Path(json.loads(lines.readline())).exists():
                file.unlink()
