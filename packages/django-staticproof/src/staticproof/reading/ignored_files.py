"""Rule L8: referenced files that git keeps out of the repository. git itself is asked.

A project with a front-end build has such files by design. Where they are missing, the build has not been run: one
warning says so in place of an error for each reference.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from django.apps import apps
from django.conf import settings

from ..findings import Finding, Level
from ..project import base_dir, is_own, shown
from .bundles import has_build_tool, named_by_build
from .index import Index
from .references import Reference

PATIENCE = 10  # seconds; git answers in milliseconds unless the disk is in trouble
SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)
NAMED = re.compile(r"'([^']+)'")
MISSING = {4, 31, 41, 42}  # rules whose message names the missing file first
REMEDY = "Make the files (front-end build, submodules), then prove again. A deploy has to do so, too."


def check(references: Iterable[Reference], index: Index) -> Iterator[Finding]:
    """Yield a finding for each own file that is referenced and ignored; notes where a build makes such files."""
    used: dict[str, Reference] = {}
    for name, reference in {reference.name: reference for reference in references}.items():
        file = index.files.get(name)
        if file is not None and file.own:
            used[file.path] = reference
    built = has_build_tool(base_dir())
    for path, (source, line, pattern) in _ignored(used).items():
        yield _finding(source, line, pattern, path, used[path], built=built)


def unbuilt(findings: list[Finding], index: Index) -> list[Finding]:
    """Return the findings with those about missing files that a build makes replaced by one warning for each pattern.

    Such a file is ignored by git, or lies in a git submodule that is not checked out.
    """
    candidates: dict[str, list[Finding]] = {}
    roots = _possible_roots(index)
    for finding in findings:
        if finding.number in MISSING and finding.level == Level.ERROR and (named := NAMED.search(finding.message)):
            for prefix, folder in roots:
                if named[1].startswith(prefix):
                    path = f"{folder}{os.sep}{named[1].removeprefix(prefix)}"
                    candidates.setdefault(path, []).append(finding)
    by_cause: dict[str, list[Finding]] = {}
    for path, (source, _, pattern) in _ignored(candidates).items():
        by_cause.setdefault(f"git ignores it as '{pattern}' ({source})", []).extend(candidates[path])
    for submodule in _empty_submodules():
        for path, missing in candidates.items():
            if Path(path).is_relative_to(submodule):
                cause = f"the git submodule {shown(submodule)} is not checked out"
                by_cause.setdefault(cause, []).extend(missing)
    for finding in (finding for group in candidates.values() for finding in group):
        named = NAMED.search(finding.message)
        if named and (file := named_by_build(named[1].rpartition("/")[2], base_dir())):
            by_cause.setdefault(f"{shown(file)} names it, so the build makes it", []).append(finding)
    replaced: set[Finding] = set()
    added: list[Finding] = []
    for cause, group in by_cause.items():
        left = [finding for finding in dict.fromkeys(group) if finding not in replaced]
        replaced.update(left)
        if left:
            first = NAMED.search(left[0].message)
            more = f" and {len(left) - 1} more references to such files" if len(left) > 1 else ""
            message = f"'{first[1] if first else ''}'{more}: not there, and {cause}."
            added.append(replace(left[0], number=68, level=Level.WARNING, message=message, hint=REMEDY))
    return [finding for finding in findings if finding not in replaced] + added


def _possible_roots(index: Index) -> list[tuple[str, str]]:
    """Return prefix and folder of every own folder of static files, also of those that a build has to make."""
    roots = {(f"{root.prefix}/" if root.prefix else "", str(root.folder)) for root in index.roots if root.own}
    for entry in settings.STATICFILES_DIRS:
        prefix, folder = entry if isinstance(entry, (list, tuple)) else ("", entry)
        roots.add((f"{prefix}/" if prefix else "", os.path.abspath(folder)))  # noqa: PTH100 - links stay
    own = (config.path for config in apps.get_app_configs() if is_own(Path(config.path)))
    return sorted(roots | {("", f"{path}{os.sep}static") for path in own})


def _empty_submodules() -> list[Path]:
    """Return the folders of git submodules that are not checked out."""
    repository = _repository()
    try:
        named = SUBMODULE.findall((repository / ".gitmodules").read_text(encoding="utf-8")) if repository else []
    except OSError:
        return []
    return [repository / name for name in named if repository and not any((repository / name).glob("*"))]


def _repository() -> Path | None:
    root = base_dir()
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


def is_ignored(path: Path) -> bool:
    """Return whether git ignores a path, which need not exist."""
    place = os.path.abspath(path)  # noqa: PTH100 - links stay
    return bool(_ignored([place, f"{place}{os.sep}"]))


def _ignored(paths: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """Return which paths git ignores, each with the file, the line and the pattern that says so."""
    git = shutil.which("git")
    root = base_dir()
    repository = _repository()
    # git gives no answer at all when one path is outside the repository or behind a symbolic link.
    inside = f"{repository}{os.sep}"
    wanted = [path for path in paths if path.startswith(inside) and os.path.realpath(path) == path.rstrip(os.sep)]
    if not (git and wanted and repository):
        return {}
    # The root itself is asked for, too: a site inside an ignored folder of a larger repository has no fault.
    asked = [str(root / "manage.py"), *wanted]
    try:
        answer = subprocess.run(
            [git, "-C", str(root), "check-ignore", "--verbose", "-z", "--stdin"],
            input="\0".join(asked).encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if answer.returncode != 0:  # 1: nothing is ignored; 128: git cannot answer
        return {}
    fields = answer.stdout.decode("utf-8", "surrogateescape").split("\0")
    ignored = [tuple(fields[start : start + 4]) for start in range(0, len(fields) - 3, 4)]
    if any(path == asked[0] for *_, path in ignored):
        return {}
    # A pattern that begins with `!` takes the file back in.
    return {path: (source, line, pattern) for source, line, pattern, path in ignored if not pattern.startswith("!")}


def _finding(source: str, line: str, pattern: str, path: str, reference: Reference, *, built: bool) -> Finding:
    rules = (_repository() or base_dir()).joinpath(source).resolve()
    place = f"{shown(reference.file)}:{reference.line}"
    message = f"'{pattern}' keeps {shown(Path(path))} out of the repository, but {place} needs it: a deploy lacks it."
    hint = f"Narrow the pattern, or take the file back in with !{shown(Path(path))}."
    level = Level.ERROR
    if built:
        level = Level.NOTE
        message = f"'{pattern}' keeps {shown(Path(path))} out of the repository: a deploy has to build it for {place}."
        hint = "Check that the deploy runs the front-end build before collectstatic."
    if is_own(rules):
        return Finding(68, level, message, hint, rules, int(line))
    return Finding(68, level, message, hint, reference.file, reference.line)
