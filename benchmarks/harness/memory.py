"""Memory of a server and the workers it has started."""

from __future__ import annotations

from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(member for child in children for member in family(int(child)))]


def megabytes(pid: int) -> float:
    """The proportional set size of a process and its descendants, in MB of a million bytes.

    Memory that n processes share counts a n-th to each: the sum is what the machine has less.
    https://docs.kernel.org/filesystems/proc.html
    """
    return sum(_kibibytes(member) for member in family(pid)) * 1024 / 1e6


def _kibibytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
