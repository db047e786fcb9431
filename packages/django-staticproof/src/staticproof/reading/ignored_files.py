"""Rule L8: referenced files that git ignores, according to `git check-ignore`.

A project with a front-end build has such files by design. When they are missing, the build has not been run. Then
one warning replaces the errors for each reference.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from django.apps import apps
from django.conf import settings

from ..findings import Finding, Level
from ..project import base_dir, is_own, repository, shown
from .bundles import has_build_tool, named_by_build
from .index import Index
from .run import Run

TIMEOUT = 10  # seconds; git needs only milliseconds unless the disk is very slow
SOURCE_SUFFIXES = (".scss", ".sass", ".less", ".styl", ".ts", ".tsx", ".jsx", ".coffee")
SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)
NAMED = re.compile(r"'([^']+)'")
MISSING = {4, 31, 41, 42}  # rules whose message names the missing file first
REMEDY = "Build the front end or check out the submodules, then run the proof again. The deploy must do the same."


def check(run: Run) -> None:
    """Report each pattern of git that ignores own files with references. It is a note when a build makes the files."""
    used = {
        file.path: reference
        for reference in run.references
        if (file := run.index.files.get(reference.name)) is not None and file.own
    }
    by_pattern: dict[tuple[str, str, str], list[str]] = {}
    for path, found in _ignored(used).items():
        by_pattern.setdefault(found, []).append(path)
    for (source, line, pattern), paths in by_pattern.items():
        built = any(_is_built(path, run.index) for path in paths)
        reference, name = used[paths[0]], shown(Path(paths[0]))
        more = f" and {len(paths) - 1} more file{'s' if len(paths) > 2 else ''}" if len(paths) > 1 else ""
        place = f"{shown(reference.file)}:{reference.line}"
        message = f"git ignores {name}{more} with the pattern '{pattern}', but {place} needs the file: "
        message += "the deploy must build it." if built else "it will be missing after a deploy."
        hint = f"Make the pattern narrower, or include the file again with !{name}."
        if built:
            hint = "Check that the deploy runs the front-end build before collectstatic."
        rules = (repository() or base_dir()).joinpath(source).resolve()
        where = (rules, int(line)) if is_own(rules) else (reference.file, reference.line)
        run.add(68, Level.NOTE if built else Level.ERROR, message, hint, *where)


def unbuilt(findings: list[Finding], index: Index) -> list[Finding]:
    """Return the findings, with one warning for each cause in place of findings about unbuilt files.

    An unbuilt file is missing, and git ignores it, or it belongs to a git submodule that is not checked out, or a file
    of the front-end build names it.
    """
    missing: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.number in MISSING and finding.level == Level.ERROR and (named := NAMED.search(finding.message)):
            missing.setdefault(named[1], []).append(finding)
    roots, submodules = (_possible_roots(index), _empty_submodules()) if missing else ([], [])
    places = {
        f"{folder}{os.sep}{name.removeprefix(prefix)}": name
        for name in missing
        for prefix, folder in roots
        if name.startswith(prefix)
    }
    causes: dict[str, str] = {}
    for path, (source, _, pattern) in _ignored(places).items():
        causes.setdefault(places[path], f"git ignores it with the pattern '{pattern}' ({source})")
    for path, name in places.items():
        if submodule := next((folder for folder in submodules if Path(path).is_relative_to(folder)), None):
            causes.setdefault(name, f"the git submodule {shown(submodule)} is not checked out")
    for name in missing.keys() - causes.keys():
        if file := named_by_build(name.rpartition("/")[2], index):
            causes[name] = f"{shown(file)} names it, so the front-end build creates it"
    by_cause: dict[str, list[str]] = {}
    for name in missing:
        if name in causes:
            by_cause.setdefault(causes[name], []).append(name)
    replaced = {finding for name in causes for finding in missing[name]}
    left = [finding for finding in findings if finding not in replaced]
    for cause, names in by_cause.items():
        group = list(dict.fromkeys(finding for name in names for finding in missing[name]))
        more = f" and {len(group) - 1} more references to such files" if len(group) > 1 else ""
        message = f"'{names[0]}'{more}: the file is missing, and {cause}."
        left.append(replace(group[0], number=68, level=Level.WARNING, message=message, hint=REMEDY))
    return left


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
    root = repository()
    try:
        named = SUBMODULE.findall((root / ".gitmodules").read_text(encoding="utf-8")) if root else []
    except OSError:
        return []
    return [root / name for name in named if root and not any((root / name).glob("*"))]


def _is_built(path: str, index: Index) -> bool:
    """Return whether a build makes a file: by npm, by a file that names it, or from a file of the same name."""
    base = os.path.basename(path)  # noqa: PTH119 - a text, like the other paths here
    sources = [f":(glob)**/{base}", *(f":(glob)**/{base.partition('.')[0]}{suffix}" for suffix in SOURCE_SUFFIXES)]
    listed = ("ls-files", "--cached", "--others", "--exclude-standard", "--", *sources)
    return has_build_tool(index) or named_by_build(base, index) is not None or bool(_git(listed))


def is_ignored(path: Path) -> bool:
    """Return whether git ignores a path. The path need not exist."""
    place = os.path.abspath(path)  # noqa: PTH100 - links stay
    return bool(_ignored([place, f"{place}{os.sep}"]))


def _ignored(paths: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """Return the paths that git ignores, each with the file, the line and the pattern that ignore it."""
    # git fails for all paths when one of them is outside the repository or behind a symbolic link.
    inside = f"{repository()}{os.sep}"
    wanted = [path for path in paths if path.startswith(inside) and os.path.realpath(path) == path.rstrip(os.sep)]
    if not wanted:
        return {}
    # Check manage.py as well: when git ignores the whole site, the ignored files are not a fault.
    manage = str(base_dir() / "manage.py")
    fields = _git(("check-ignore", "--verbose", "-z", "--stdin"), "\0".join([manage, *wanted])).split("\0")
    ignored = [tuple(fields[start : start + 4]) for start in range(0, len(fields) - 3, 4)]
    if any(path == manage for *_, path in ignored):
        return {}
    # A pattern that begins with `!` includes the file again.
    return {path: (source, line, pattern) for source, line, pattern, path in ignored if not pattern.startswith("!")}


def _git(arguments: Sequence[str], text: str = "") -> str:
    """Return the output of a git command in the site's folder, or nothing when git cannot answer."""
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        answer = subprocess.run(
            [git, "-C", str(base_dir()), *arguments],
            input=text.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("utf-8", "surrogateescape") if answer.returncode == 0 else ""
