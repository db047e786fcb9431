"""The template as a repository of its own: its first version, and later ones that change what a template may change."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, TEMPLATE, Completed, run

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
    """Run cruft as a user does, but for the folder of its temporary files: apart from that of the sites."""
    temporary = cwd.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    return run(
        sys.executable, "-m", "cruft", *arguments,
        cwd=cwd, TMPDIR=str(temporary), COLUMNS="200", **GIT,
    )  # fmt: skip


def change(path: Path, old: str, new: str) -> None:
    """Replace what matches the regular expression, the first time that it does."""
    text = path.read_text(encoding="utf-8")
    changed = re.sub(old, lambda match: match.expand(new), text, count=1, flags=re.MULTILINE)
    assert changed != text, f"{path.name} no longer holds {old!r}"
    path.write_text(changed, encoding="utf-8")


def first_version(into: Path) -> Path:
    """The template at its first release, tagged; before there is one (or in a clone without tags), as it is today."""
    tags = git(ROOT, "tag", "--list", "v*", "--sort=version:refname").split()
    if tags:
        into.mkdir()
        archive = subprocess.run(["git", "archive", tags[0]], cwd=ROOT, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", into], input=archive.stdout, check=True)
    else:
        today(into)
    git(into, "init", "--quiet", "--initial-branch", "main")
    commit(into)
    git(into, "tag", "v0.1.0")
    return into


def today(into: Path) -> None:
    """Write the files of this work tree that git knows or would add."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, into / name)


def next_version(template: Path) -> None:
    """Today's template and a little more: a line here and there, a dependency, a page changed, a file removed."""
    for path in template.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    today(template)
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
    """The version after that asks one thing more, in the way that answers_extension.py describes."""
    path = template / "cookiecutter.json"
    questions = json.loads(path.read_text(encoding="utf-8"))
    questions["motto"] = "No motto"
    questions["__motto"] = "{{ cookiecutter.motto | answer('motto') if 'answer' is filter else '' }}"
    path.write_text(json.dumps(questions, indent=2), encoding="utf-8")
    change(template / "answers.py", r'^    "license": \(', r'    "motto": (_text, ""),\n\g<0>')
    change(
        template / TEMPLATE.name / "config" / "settings.py",
        "^SITE_AUTHOR = ",
        r'SITE_MOTTO = "{{ cookiecutter.__motto }}"\n\g<0>',
    )
    commit(template, "A new question")
