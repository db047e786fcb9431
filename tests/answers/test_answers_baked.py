"""Answers in generated sites: each way of giving them, and that a refusal leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from bakery import NAMED, Baked, bake, light_template, named
from conftest import PRODUCTION, ROOT, TEMPLATE, Site, generate, run
from jinja2 import Environment

import answers
import answers_extension

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


@pytest.mark.parametrize(("question", "case"), named("refused"))
def test_a_refused_answer_leaves_nothing(template: Path, tmp_path: Path, question: str, case: list[str]) -> None:
    baked = bake(template, tmp_path / "out", {question: case[0]}, accept_hooks=False)
    assert baked.code == 1
    assert baked.left == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"], "something beside the output folder"
    assert len(baked.said.splitlines()) == 1
    assert baked.said.startswith(f"Error: {question}: ")
    assert case[1] in baked.said


# As their authors publish them: apache.org/licenses/LICENSE-2.0.txt, gnu.org/licenses/gpl-3.0.txt.
VERBATIM = {
    "Apache-2.0": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "GPL-3.0-or-later": "3972dc9744f6499f0f9b2dbf76696f2ae7ad8af9b23dde66d6af86c9dfb36986",
}
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
    command = [sys.executable, "-m", "cookiecutter", str(template), "-o", str(out), "--config-file", str(config)]
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
    careless = tmp_path / "careless"
    shutil.copytree(template, careless)
    extension = careless / "answers_extension.py"
    guard = extension.read_text(encoding="utf-8")
    assert "_refuse(faults)" in guard
    extension.write_text(guard.replace("_refuse(faults)", "return 'my-site'"), encoding="utf-8")
    ended = generate(tmp_path / "out", "author_email=ada", "time_zone=Berlin", template=careless)
    assert ended.returncode == 1
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()[:4]] == [
        "Error", "  author_email", "  time_zone", "",
    ]  # fmt: skip
    assert list((tmp_path / "out").iterdir()) == []


def test_no_fault_breaks_out_of_the_hook(template: Path, tmp_path: Path) -> None:
    source = (template / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    found = answers.faults({"project_name": '"""\\ \' {{ \n </script> \ud800', **FAULTY})
    environment = Environment(autoescape=False)
    environment.filters["faults"] = lambda value: value
    hook = tmp_path / "hook.py"
    hook.write_text(environment.from_string(source).render(cookiecutter=found), encoding="utf-8")
    ended = run(sys.executable, hook, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["Error: these answers cannot be used.", *(f"  {line}" for line in found), ""]
    hook.write_text(environment.from_string(source).render(cookiecutter=[]), encoding="utf-8")
    assert run(sys.executable, hook, cwd=tmp_path).returncode == 0


# What is hardest on a formatter, a parser or a reader. Each column is one site.
HARD = {
    "project_name": ["typographic quotes", "Chinese", "a Jinja line statement", "Hebrew with vowel points"],
    "description": [
        "all of ASCII's punctuation",
        "a sentence of several scripts",
        "an inline script",
        "200 characters",
    ],
    "author_name": ["a nickname in quotes", "no Latin letter", "an address in angle brackets", "an apostrophe"],
    "author_email": ["an apostrophe", "braces and a percent sign", "an international domain", "plain"],
    "domain_name": ["an umlaut", "plain", "a scheme in capitals, and a slash", "encoded"],
    "time_zone": ["three parts", "a sign", "a city", "universal"],
}


@pytest.fixture(scope="module")
def whole_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template without its post-generation hook: the environment is there already, in the shared site."""
    template = tmp_path_factory.mktemp("whole") / "template"
    shutil.copytree(ROOT, template, ignore=shutil.ignore_patterns(".*", "tests", "docs", "__pycache__", "post_gen*"))
    shutil.copytree(
        TEMPLATE, template / TEMPLATE.name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
    )
    return template


def named_answer(question: str, name: str) -> str:
    """The answer of that name, whatever becomes of it."""
    (case,) = (cases[name] for cases in NAMED[question].values() if name in cases)
    return str(case if isinstance(case, str) else case[0])


@pytest.mark.parametrize("column", range(4))
def test_the_tools_are_content_with_a_site_of_hard_answers(
    site: Site, whole_template: Path, tmp_path: Path, column: int
) -> None:
    given = {question: named_answer(question, names[column]) for question, names in HARD.items()}
    baked = bake(whole_template, tmp_path / "out", given)
    assert baked.project, baked.said
    commands = [
        ("manage.py", "check"),
        ("-m", "ruff", "check", "--no-cache", "config"),
        ("-m", "ruff", "format", "--no-cache", "--check", "config"),
    ]
    for command in commands:
        ended = run(site.python, *command, cwd=baked.project, **PRODUCTION)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_site_may_have_the_name_of_a_package_it_needs(site: Site) -> None:
    lock = tomllib.loads((site.path / "uv.lock").read_text(encoding="utf-8"))
    assert {package["name"] for package in lock["package"]} - {site.path.name} - answers.DEPENDENCIES == set()


def test_nothing_in_the_template_but_its_folder_has_a_name_to_render() -> None:
    """The extension takes any other path for data."""
    assert [path for path in TEMPLATE.rglob("*") if "{" in path.name] == []
    assert TEMPLATE.name == answers_extension.SITE_FOLDER


@pytest.mark.parametrize("license", answers.LICENSES)
def test_the_licence_is_the_real_text(template: Path, tmp_path: Path, license: str) -> None:
    baked = bake(template, tmp_path / "out", {"license": license, "author_name": "O'Brien & {{ Sons }}"})
    assert baked.project
    licence = (baked.project / "LICENSE").read_text(encoding="utf-8")
    if license in VERBATIM:
        assert hashlib.sha256(licence.encode()).hexdigest() == VERBATIM[license]
    else:
        assert "Copyright (c) O'Brien & {{ Sons }}" in licence
    assert not re.search(r"cookiecutter|# cc:|\n\n\n", licence.replace("{{ Sons }}", ""))
    assert licence.endswith("\n")


def tree(baked: Baked) -> dict[str, bytes]:
    assert baked.project is not None, baked.said
    root = baked.project
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
