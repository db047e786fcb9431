"""Answers over the years: cruft, and a replay file from before a question was added."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bakery import bake, light_template
from conftest import TEMPLATE, Completed, run

NAME = '{{ o_o }} "A" \\ 50% {# b # cc: if'
ANSWERS = {"project_name": NAME, "project_slug": "boats", "domain_name": "https://Boats.example/"}
GIT = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A repository of the template, at its first version."""
    template = light_template(tmp_path / "template")
    git(template, "init", "--quiet")
    commit(template)
    return template


def git(where: Path, *arguments: str) -> str:
    done = run("git", *arguments, cwd=where, **GIT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(where: Path) -> None:
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--message", "A version")


def cruft(*arguments: str | Path, cwd: Path) -> Completed:
    return run(sys.executable, "-m", "cruft", *arguments, cwd=cwd, PYTHONDONTWRITEBYTECODE="", **GIT)


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def add_a_motto(template: Path) -> None:
    """The next version asks one thing more, as the docstring of answers_extension.py says to."""
    context = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    context["motto"] = "Ever onwards"
    context["__motto"] = "{{ cookiecutter.motto | answer('motto') if 'answer' is filter else '' }}"
    (template / "cookiecutter.json").write_text(json.dumps(context), encoding="utf-8")
    edit(
        template / "answers.py",
        lambda text: text.replace('    "license": (', '    "motto": (_text, ""),\n    "license": ('),
    )
    edit(
        template / TEMPLATE.name / "config" / "settings.py",
        lambda text: text.replace("SITE_AUTHOR = ", 'SITE_MOTTO = "{{ cookiecutter.__motto }}"\nSITE_AUTHOR = ', 1),
    )
    commit(template)


def files(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and ".git" not in path.parts and path.name != ".cruft.json"
    }


def create(template: Path, into: Path, answers: dict[str, str]) -> Completed:
    return cruft("create", template, "-y", "-d", "--output-dir", into, "--extra-context", json.dumps(answers), cwd=into)


def test_cruft_makes_the_same_site_as_cookiecutter(template: Path, tmp_path: Path) -> None:
    (tmp_path / "cruft").mkdir()
    created = create(template, tmp_path / "cruft", ANSWERS)
    assert created.returncode == 0, created.stdout + created.stderr
    baked = bake(template, tmp_path / "out", ANSWERS)
    assert baked.project
    assert files(tmp_path / "cruft" / "boats") == files(baked.project)


def test_cruft_refuses_in_the_same_words(template: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    created = create(template, out, {"project_slug": "../x", "author_email": "ada"})
    assert created.returncode == 1
    assert created.stderr == bake(template, out, {"project_slug": "../x", "author_email": "ada"}).said
    assert created.stderr.startswith("Error: 2 answers cannot be used.\n")
    assert list(out.iterdir()) == []


def test_an_update_leaves_the_answers_as_they_are_and_takes_the_new_rules(template: Path, tmp_path: Path) -> None:
    """Both versions are rendered in one process: the new question needs the new version's answers.py."""
    create(template, tmp_path, ANSWERS)
    site = tmp_path / "boats"
    git(site, "init", "--quiet")
    commit(site)
    add_a_motto(template)
    updated = cruft("update", "-y", cwd=site)
    assert updated.returncode == 0, updated.stdout + updated.stderr
    changed = git(site, "diff", "HEAD", "--unified=0", "--", "config")
    lines = [
        line for line in changed.splitlines() if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
    ]
    assert lines == ['+SITE_MOTTO = "Ever onwards"']
    state = json.loads((site / ".cruft.json").read_text(encoding="utf-8"))["context"]["cookiecutter"]
    assert state["project_name"] == NAME


def test_an_old_replay_file_is_asked_the_new_question_only(template: Path, tmp_path: Path) -> None:
    bake(template, tmp_path / "first", ANSWERS)
    add_a_motto(template)
    replayed = subprocess.run(
        [sys.executable, "-m", "cookiecutter", template, "--replay-file", tmp_path / "template.json", "-o", tmp_path],
        cwd=tmp_path,  # `python -m` looks for modules here first, and must not find this repository's
        input="Steady\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert replayed.returncode == 0, replayed.stderr
    settings = (tmp_path / "boats" / "config" / "settings.py").read_text(encoding="utf-8")
    assert 'SITE_MOTTO = "Steady"\n' in settings
