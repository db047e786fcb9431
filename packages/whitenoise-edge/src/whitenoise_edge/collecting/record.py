"""What the last `collectstatic` read and left behind, so that the next one knows what it may leave alone.

A source is known by its stamp (size, times, inode), which any change alters; where the stamp is another or was taken
too soon after a change to be sure, by a digest of its content. What was made of it is known by stamps alone: whatever
touches an output, this app makes it anew.
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

# Nanoseconds. Clocks of file systems are this coarse at worst (FAT): a file as young as this may change unseen.
SURE = 2_000_000_000

type Stamp = tuple[int, int, int, int]


@dataclass
class Source:
    """One source at one moment. ``sure`` is whether its stamp alone tells this state from every later one."""

    stamp: Stamp
    sure: bool
    digest: str


@dataclass
class Made:
    """What came of one source: its hashed name, the names that its text refers to, and the stamps of all its files."""

    source: Source
    hashed: str
    references: tuple[str, ...]
    outputs: dict[str, Stamp] = field(default_factory=dict)


@dataclass
class Record:
    """The last run. ``fingerprint`` says under which code and settings; under others the record is empty."""

    root: Path
    fingerprint: str
    made: dict[str, Made] = field(default_factory=dict)
    manifest: Stamp | None = None

    @classmethod
    def load(cls, root: Path, fingerprint: str) -> Record:
        """The record of this folder, empty when there is none or it cannot be read or believed."""
        record = cls(root, fingerprint)
        file = _file(root)
        if file is None:
            return record
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            if not _private(file):
                return record
            with file.open(encoding="utf-8") as lines:
                lines.readline()
                stored = json.loads(lines.readline())
            if stored["fingerprint"] == fingerprint and stored["root"] == str(root):
                made = {name: _revived(entry) for name, entry in stored["made"].items()}
                record.made, record.manifest = made, _stamped(stored["manifest"])
        return record

    def save(self) -> None:
        """Write the record, and remove those of folders that are gone. A folder that takes no file is no trouble."""
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
        """Remove the record before anything is changed: a run that is interrupted leaves none."""
        file = _file(self.root)
        if file is not None:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def source(self, name: str, path: str) -> Source:
        """The state of a source now, read only when its stamp does not settle it. Raises OSError."""
        stamp, sure = _look(path)
        known = self.made.get(name)
        if known and known.source.sure and known.source.stamp == stamp:
            return known.source
        with open(path, "rb") as content:
            return Source(stamp, sure, hashlib.file_digest(content, "sha256").hexdigest())

    def intact(self, name: str, source: Source) -> bool:
        """Whether this source was collected in this state, and all that came of it is as it was left."""
        known = self.made.get(name)
        if known is None or known.source.digest != source.digest:
            return False
        return all(stamp_of(f"{self.root}{os.sep}{output}") == stamp for output, stamp in known.outputs.items())

    def settled(self, intact: Collection[str], names: Collection[str]) -> set[str]:
        """Of the intact names those whose texts need no rewriting: nothing they are connected with has changed.

        Texts that refer to each other are done again together, as one run from scratch would do them.
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
    """What changes whenever the file does, ``None`` when there is none. A link is not followed."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def stamps(root: Path, names: Iterable[str]) -> dict[str, Stamp]:
    """The stamps of those of these files that exist."""
    return {name: stamp for name in names if (stamp := stamp_of(f"{root}{os.sep}{name}"))}


def _look(path: str) -> tuple[Stamp, bool]:
    now = time.time_ns()
    status = os.stat(path)  # a link is followed: its target is what is read
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino), changed < now - SURE


def _revived(entry: list[Any]) -> Made:
    stamp, sure, digest, hashed, references, outputs = entry
    source = Source(tuple(stamp), sure, digest)
    return Made(source, hashed, tuple(references), {name: tuple(stamp) for name, stamp in outputs.items()})


def _stamped(stored: list[int] | None) -> Stamp | None:
    return None if stored is None else (stored[0], stored[1], stored[2], stored[3])


def _file(root: Path) -> Path | None:
    folder = cache_folder()
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    return folder / "collected" / f"{digest[:16]}.json" if folder else None


def _private(file: Path) -> bool:
    """Whether nobody else could have written it: what it says is believed."""
    status = file.stat()
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _prune(folder: Path) -> None:
    for file in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError), file.open(encoding="utf-8") as lines:
            if not Path(json.loads(lines.readline())).exists():
                file.unlink()
