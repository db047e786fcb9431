"""Rule L8: referenced files that git ignores, according to `git check-ignore`.

A project with a front-end build has such files by design. When they are missing, the build has not been run. Then
one warning replaces the errors for each reference.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from django.apps import apps
from django.conf import settings

from ..findings import Finding, Level
from ..project import base_dir, is_own, shown
from .bundles import has_build_tool, named_by_build
from .index import Index
from .run import Run

TIMEOUT = 10  # seconds; git needs only milliseconds unless the disk is very slow
SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)
NAMED = re.compile(r"'([^']+)'")
MISSING = {4, 31, 41, 42}  # rules whose message names the missing file first
REMEDY = "Build the front end or check out the submodules, then run the proof again. The deploy must do the same."


def check(run: Run) -> None:
    """Report each own file that is referenced and ignored. It is a note when a build creates the file."""
    used = {
        file.path: reference
        for reference in run.references
        if (file := run.index.files.get(reference.name)) is not None and file.own
    }
    built = has_build_tool(run.index)
    for path, (source, line, pattern) in _ignored(used).items():
        reference = used[path]
        ignored = f"git ignores {shown(Path(path))} with the pattern '{pattern}'"
        place = f"{shown(reference.file)}:{reference.line}"
        message = f"{ignored}, but {place} needs the file: it will be missing after a deploy."
        hint = f"Make the pattern narrower, or include the file again with !{shown(Path(path))}."
        if built:
            message = f"{ignored}: the deploy must build the file for {place}."
            hint = "Check that the deploy runs the front-end build before collectstatic."
        rules = (_repository() or base_dir()).joinpath(source).resolve()
        where = (rules, int(line)) if is_own(rules) else (reference.file, reference.line)
        run.add(68, Level.NOTE if built else Level.ERROR, message, hint, *where)


def unbuilt(findings: list[Finding], index: Index) -> list[Finding]:
    """Return the findings, with one warning for each pattern in place of findings about unbuilt files.

    An unbuilt file is missing, and git ignores it or it belongs to a git submodule that is not checked out.
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
        by_cause.setdefault(f"git ignores it with the pattern '{pattern}' ({source})", []).extend(candidates[path])
    for submodule in _empty_submodules():
        for path, missing in candidates.items():
            if Path(path).is_relative_to(submodule):
                cause = f"the git submodule {shown(submodule)} is not checked out"
                by_cause.setdefault(cause, []).extend(missing)
    for finding in (finding for group in candidates.values() for finding in group):
        named = NAMED.search(finding.message)
        if named and (file := named_by_build(named[1].rpartition("/")[2], index)):
            by_cause.setdefault(f"{shown(file)} names it, so the front-end build creates it", []).append(finding)
    replaced: set[Finding] = set()
    added: list[Finding] = []
    for cause, group in by_cause.items():
        left = [finding for finding in dict.fromkeys(group) if finding not in replaced]
        replaced.update(left)
        if left:
            first = NAMED.search(left[0].message)
            more = f" and {len(left) - 1} more references to such files" if len(left) > 1 else ""
            message = f"'{first[1] if first else ''}'{more}: the file is missing, and {cause}."
            added.append(replace(left[0], number=68, level=Level.WARNING, message=message, hint=REMEDY))
    return [finding for finding in findings if finding not in replaced] + added


def _possible_roots(index: Index) -> list[tuple[str, str]]:
    """Return prefix and folder of every own folder of static files, even when a build has yet to create it."""
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
    """Return whether git ignores a path. The path need not exist."""
    place = os.path.abspath(path)  # noqa: PTH100 - links stay
    return bool(_ignored([place, f"{place}{os.sep}"]))


def _ignored(paths: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """Return the paths that git ignores, each with the file, the line and the pattern that ignore it."""
    git = shutil.which("git")
    root = base_dir()
    repository = _repository()
    # git fails for all paths when one of them is outside the repository or behind a symbolic link.
    inside = f"{repository}{os.sep}"
    wanted = [path for path in paths if path.startswith(inside) and os.path.realpath(path) == path.rstrip(os.sep)]
    if not (git and wanted and repository):
        return {}
    # Check manage.py as well: when git ignores the whole site, the ignored files are not a fault.
    asked = [str(root / "manage.py"), *wanted]
    try:
        answer = subprocess.run(
            [git, "-C", str(root), "check-ignore", "--verbose", "-z", "--stdin"],
            input="\0".join(asked).encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=TIMEOUT,
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
    # A pattern that begins with `!` includes the file again.
    return {path: (source, line, pattern) for source, line, pattern, path in ignored if not pattern.startswith("!")}
