"""The template as a git repository with several versions, and commands that run as a user runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE, UNSET_VARIABLES, Completed, copy_template, run

# Version 0.1.0. The tag is not in every clone, the commit is in every full clone.
FIRST_RELEASE = "cf1c060"

GIT = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


def git(where: Path, *arguments: str) -> str:
    done = run("git", *arguments, cwd=where, **GIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(where: Path, message: str = "A version") -> None:
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--message", message)


def cruft(*arguments: str | Path, cwd: Path) -> Completed:
    """Run cruft as a user does, but with its temporary files in a folder of this test."""
    temporary = cwd.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    return run(sys.executable, "-m", "cruft", *arguments, cwd=cwd, TMPDIR=str(temporary), COLUMNS="200", **GIT)


def change(path: Path, old: str, new: str) -> None:
    """Replace the first match of the regular expression."""
    text = path.read_text(encoding="utf-8")
    changed = re.sub(old, lambda match: match.expand(new), text, count=1, flags=re.MULTILINE)
    assert changed != text, f"{path.name} no longer contains {old!r}"
    path.write_text(changed, encoding="utf-8")


def repository(into: Path) -> Path:
    """Create a repository with two commits: version 0.1.0, with its tag, and this work tree."""
    if run("git", "cat-file", "-e", f"{FIRST_RELEASE}^{{commit}}", cwd=ROOT).returncode:
        pytest.skip(f"this clone has no commit {FIRST_RELEASE}: fetch the whole history of main")
    into.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", FIRST_RELEASE], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", into], input=archive.stdout, check=True)
    git(into, "init", "--quiet", "--initial-branch", "main")
    commit(into, "Version 0.1.0")
    git(into, "tag", "v0.1.0")
    for path in into.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    copy_template(into)
    commit(into, "Today")
    return into


def next_version(template: Path) -> None:
    """Commit a next version: a few new lines, a dependency, a changed picture, a removed file."""
    site = template / TEMPLATE.name
    change(
        site / "templates" / "base.html",
        r'^( *)<meta charset="utf-8">\n',
        r'\g<0>\1<meta name="rating" content="general">\n',
    )
    change(site / "config" / "settings.py", r"^MEDIA_URL = .*\n", r"\g<0>FILE_UPLOAD_PERMISSIONS = 0o640\n")
    change(site / "pyproject.toml", r"^dependencies = \[\n", r'\g<0>    "defusedxml>=0.7",\n')
    change(site / "pages" / "templates" / "pages" / "about.html", r"\Z", "{# A comment of the next version. #}\n")
    (site / ".pre-commit-config.yaml").unlink()
    (site / "static" / "imgs" / "og.png").write_bytes(b"\x89PNG of the next version")
    commit(template, "The next version")


def ask_for_a_motto(template: Path) -> None:
    """Commit a version with one more question, added as docs/options.md describes."""
    path = template / "cookiecutter.json"
    questions = json.loads(path.read_text(encoding="utf-8"))
    with_motto = {}
    for key, value in questions.items():
        if key == "__answers_checked":
            with_motto["motto"] = "No motto"
        with_motto[key] = value
    path.write_text(json.dumps(with_motto, indent=2), encoding="utf-8")
    change(
        template / TEMPLATE.name / "config" / "settings.py",
        "^SITE_AUTHOR = ",
        r'SITE_MOTTO = "{{ cookiecutter.motto | quoted }}"\n\g<0>',
    )
    commit(template, "A new question")


def user_environment(home: Path) -> dict[str, str]:
    """Return the variables of a user without a configuration. Temporary and replay files stay in that folder."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "cookiecutter.yaml"
    config.write_text(f'cookiecutters_dir: "{home.as_posix()}"\nreplay_dir: "{home.as_posix()}"\n', encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
    ours = {"COOKIECUTTER_CONFIG": str(config), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    return inherited | ours | {"PYTHONUTF8": "1", "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "200"}
