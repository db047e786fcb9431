"""Referenced files that git keeps out of the repository: rule L8, asked of git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..findings import Finding, Level
from ..project import base_dir, shown
from .index import Index
from .references import Reference

PATIENCE = 10  # seconds; git answers in milliseconds unless the disk is in trouble


def check(references: Iterable[Reference], index: Index) -> Iterator[Finding]:
    """A finding for each own file that is referenced and ignored. Silent without git or without a repository."""
    used: dict[str, Reference] = {}
    for name, reference in {reference.name: reference for reference in references}.items():
        file = index.files.get(name)
        # git refuses to speak of what lies behind a symbolic link.
        if file is not None and file.own and os.path.realpath(file.path) == file.path:
            used[file.path] = reference
    git = shutil.which("git")
    root = base_dir()
    repository = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if not (git and used and repository):
        return
    # The root itself is asked for, too: a site inside an ignored folder of a larger repository is nobody's fault.
    asked = [str(root / "manage.py"), *used]
    try:
        answer = subprocess.run(
            [git, "-C", str(root), "check-ignore", "--verbose", "-z", "--stdin"],
            input="\0".join(asked).encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if answer.returncode != 0:  # 1: nothing is ignored; 128: git cannot say
        return
    fields = answer.stdout.decode("utf-8", "surrogateescape").split("\0")
    ignored = [tuple(fields[start : start + 4]) for start in range(0, len(fields) - 3, 4)]
    if any(path == asked[0] for *_, path in ignored):
        return
    for source, line, pattern, path in ignored:
        # A pattern that begins with `!` takes the file back in.
        if path in used and not pattern.startswith("!"):
            yield _finding(source, line, pattern, path, used[path], repository)


def _finding(source: str, line: str, pattern: str, path: str, reference: Reference, repository: Path) -> Finding:
    rules = (repository / source).resolve()
    place = f"{shown(reference.file)}:{reference.line}"
    message = f"'{pattern}' keeps {shown(Path(path))} out of the repository, but {place} needs it: a deploy lacks it."
    hint = f"Narrow the pattern, or take the file back in with !{shown(Path(path))}."
    if rules.is_relative_to(base_dir()):
        return Finding(68, Level.ERROR, message, hint, rules, int(line))
    return Finding(68, Level.ERROR, message, hint, reference.file, reference.line)
