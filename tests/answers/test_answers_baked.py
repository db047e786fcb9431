"""Answers in generated sites: each way of giving them, and that a refusal leaves nothing behind."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomllib
from bakery import Baked, bake, light_template, named
from conftest import PRODUCTION, ROOT, Site, generate, run

import answers

SETTINGS = {
    "project_name": "SITE_NAME",
    "description": "SITE_DESCRIPTION",
    "author_name": "SITE_AUTHOR",
    "author_email": "SITE_AUTHOR_EMAIL",
    "domain_name": "SITE_DOMAIN",
    "time_zone": "TIME_ZONE",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return light_template(tmp_path_factory.mktemp("light") / "template")


def in_the_site(baked: Baked, question: str) -> str:
    """The answer as the site has it: in its settings, or in pyproject.toml."""
    assert baked.project is not None, baked.said
    project = tomllib.loads((baked.project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if question == "project_slug":
        assert baked.project.name == project["name"]
        return str(project["name"])
    source = (baked.project / "config" / "settings.py").read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line.startswith(f"{SETTINGS[question]} = ")]
    assert len(lines) == 1
    return str(eval(lines[0].partition(" = ")[2], {}))


@pytest.mark.parametrize(("question", "answer"), named("kept"))
def test_the_site_has_exactly_what_was_answered(template: Path, tmp_path: Path, question: str, answer: str) -> None:
    baked = bake(template, tmp_path / "out", {question: answer})
    assert in_the_site(baked, question) == answer
    assert baked.said == ""


@pytest.mark.parametrize(("question", "case"), named("mended"))
def test_the_site_has_the_mended_answer(template: Path, tmp_path: Path, question: str, case: list[str]) -> None:
    assert in_the_site(bake(template, tmp_path / "out", {question: case[0]}), question) == case[1]


@pytest.mark.parametrize("accept_hooks", [True, False], ids=["with hooks", "without hooks"])
@pytest.mark.parametrize(("question", "case"), named("refused"))
def test_a_refused_answer_leaves_nothing(
    template: Path, tmp_path: Path, question: str, case: list[str], accept_hooks: bool
) -> None:
    baked = bake(template, tmp_path / "out", {question: case[0]}, accept_hooks=accept_hooks)
    assert baked.code == 1
    assert baked.left == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"], "something beside the output folder"
    assert len(baked.said.splitlines()) == 1
    assert baked.said.startswith(f"Error: {question}: ")
    assert case[1] in baked.said


FAULTY = {"project_slug": "../x", "author_email": "ada", "time_zone": "Berlin"}
FAULTY_OPTIONS = [f"{question}={answer}" for question, answer in FAULTY.items()]


def assert_all_refused(output: str) -> None:
    lines = output.strip().splitlines()
    assert lines[0] == "Error: 3 answers cannot be used."
    assert [line.split(":")[0] for line in lines[1:]] == [f"  {question}" for question in FAULTY]


def test_the_command_line_says_all_faults_and_ends_with_1(template: Path, tmp_path: Path) -> None:
    ended = generate(tmp_path / "out", *FAULTY_OPTIONS, template=template)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert_all_refused(ended.stderr)
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "x").exists()


def test_an_old_console_can_show_the_faults(template: Path, tmp_path: Path) -> None:
    ended = generate(
        tmp_path / "out", "author_email=\u5317\u4eac", template=template, PYTHONUTF8="0", PYTHONIOENCODING="cp1252"
    )
    assert ended.returncode == 1
    assert r'author_email: "\u5317\u4eac" is not an email address' in ended.stderr
    assert "Traceback" not in ended.stderr


def test_replay_and_a_configuration_file_are_no_way_around(template: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"default_context": FAULTY, "replay_dir": str(tmp_path), "cookiecutters_dir": "x"}))
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "cookiecutter", template, "-o", out, "--config-file", config]
    given = run(*command, "--no-input", cwd=tmp_path)
    replayed = run(*command, "--replay", cwd=tmp_path)
    for ended in (given, replayed):
        assert ended.returncode == 1
        assert_all_refused(ended.stderr)
    assert list(out.iterdir()) == []
    assert not (tmp_path / "x").exists()


def test_a_configuration_file_may_hold_anything(template: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    held = {"project_name": True, "description": None, "author_name": {"a": "b"}, "time_zone": 7}
    config.write_text(json.dumps({"default_context": held, "replay_dir": str(tmp_path), "cookiecutters_dir": "x"}))
    ended = run(
        sys.executable, "-m", "cookiecutter", template, "--no-input", "--config-file", config, cwd=tmp_path
    )  # fmt: skip
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_a_replay_gives_the_same_site(template: Path, tmp_path: Path) -> None:
    given = {"project_name": '{{ o_o }} "\\ # cc: if', "domain_name": "https://Example.com/", "project_slug": "s"}
    first = bake(template, tmp_path / "first", given)
    again = bake(template, tmp_path / "again", {}, replay=True)
    assert in_the_site(again, "project_name") == given["project_name"]
    assert tree(first) == tree(again)


def test_an_edited_replay_file_is_what_counts(template: Path, tmp_path: Path) -> None:
    """Somebody changes the name in it, and does not know of the variables that were derived from the old one."""
    bake(template, tmp_path / "first", {})
    replay = json.loads((template.parent / "template.json").read_text(encoding="utf-8"))
    replay["cookiecutter"]["project_name"] = 'A "new" name'
    (tmp_path / "edited.json").write_text(json.dumps(replay), encoding="utf-8")
    baked = bake(template, tmp_path / "again", {}, replay=str(tmp_path / "edited.json"))
    assert in_the_site(baked, "project_name") == 'A "new" name'


def test_a_replay_file_by_hand_needs_the_answers_only(template: Path, tmp_path: Path) -> None:
    held = {
        "project_name": "O'Brien's", "project_slug": "boats", "description": "Boats.", "author_name": "O'Brien",
        "author_email": "o'brien@example.com", "domain_name": "Boats.example/", "time_zone": "Europe/Dublin",
        "license": "GPL-3.0-or-later",
    }  # fmt: skip
    (tmp_path / "mine.json").write_text(json.dumps({"cookiecutter": held}), encoding="utf-8")
    baked = bake(template, tmp_path / "out", {}, replay=str(tmp_path / "mine.json"))
    assert in_the_site(baked, "project_name") == "O'Brien's"
    assert in_the_site(baked, "domain_name") == "boats.example"
    refused = held | {"project_slug": "../boats", "license": "WTFPL"}
    (tmp_path / "mine.json").write_text(json.dumps({"cookiecutter": refused}), encoding="utf-8")
    baked = bake(template, tmp_path / "none", {}, replay=str(tmp_path / "mine.json"))
    assert baked.code == 1
    assert baked.left == []
    assert 'license: "WTFPL" is not on offer' in baked.said


def test_pytest_cookies_bakes_and_refuses(template: Path, cookies: Any) -> None:
    baked = cookies.bake(extra_context={"project_name": "{{ o_o }}"}, template=str(template))
    assert baked.exit_code == 0
    assert baked.context["__project_name"] == "{{ o_o }}"
    assert cookies.bake(extra_context=FAULTY, template=str(template)).exit_code == 1


def test_the_hook_alone_refuses_too(template: Path, tmp_path: Path) -> None:
    """It is the second line of defence: here the first one is taken away."""
    source = (template / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    found = answers.faults({"project_name": '"""\\ \' {{ \n </script> \ud800', **FAULTY})
    from jinja2 import Environment

    environment = Environment(autoescape=False)
    environment.filters["faults"] = lambda value: value
    hook = tmp_path / "hook.py"
    hook.write_text(environment.from_string(source).render(cookiecutter=found), encoding="utf-8")
    ended = run(sys.executable, hook, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["Error: these answers cannot be used.", *(f"  {line}" for line in found), ""]
    hook.write_text(environment.from_string(source).render(cookiecutter=[]), encoding="utf-8")
    assert run(sys.executable, hook, cwd=tmp_path).returncode == 0


def tree(baked: Baked) -> dict[str, bytes]:
    assert baked.project is not None, baked.said
    root = baked.project
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
