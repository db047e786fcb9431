"""Answers in generated sites: each way of giving them works, and a refused answer leaves no files."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from bakery import GOOD, NAMED, Baked, bake, bake_unrendered, light_template, named
from conftest import PRODUCTION, TEMPLATE, Completed, Site, fresh_template, generate, run
from jinja2 import Environment

from local_extensions import LICENSES, faults

PLACES = {
    "project_name": ("config/settings.py", "SITE_NAME"),
    "description": ("config/settings.py", "SITE_DESCRIPTION"),
    "author_name": ("config/settings.py", "SITE_AUTHOR"),
    "author_email": ("config/settings.py", "SITE_AUTHOR_EMAIL"),
    "domain_name": ("config/environment.py", "DOMAIN"),
    "time_zone": ("config/settings.py", "TIME_ZONE"),
}


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return light_template(tmp_path_factory.mktemp("light") / "template")


def answer_in(baked: Baked, question: str) -> str:
    """Return the answer that the site uses: in its settings, or the name of its folder."""
    assert baked.project is not None, baked.output
    if question == "project_slug":
        return baked.project.name
    file, name = PLACES[question]
    source = (baked.project / file).read_text(encoding="utf-8")
    (literal,) = re.findall(rf"^{name} = (.*)$", source, re.MULTILINE)
    return str(ast.literal_eval(literal))


@pytest.mark.parametrize(("question", "answer"), named("kept"))
def test_the_site_has_exactly_the_answer(light: Path, tmp_path: Path, question: str, answer: str) -> None:
    baked = bake_unrendered(light, tmp_path / "out", {question: answer})
    assert answer_in(baked, question) == answer
    assert baked.project is not None
    tomllib.loads((baked.project / "pyproject.toml").read_text(encoding="utf-8"))
    json.loads((baked.project / "app.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("question", "case"), named("refused"))
def test_a_refused_answer_leaves_nothing(light: Path, tmp_path: Path, question: str, case: list[str]) -> None:
    baked = bake(light, tmp_path / "out", {question: case[0]}, accept_hooks=False)
    assert baked.code == 1
    assert baked.left == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"], "there is a file next to the output folder"
    title, fault, *_ = baked.output.splitlines()
    assert title == "Error: these answers cannot be used."
    assert fault.startswith(f"  {question}: ")
    assert case[1] in fault


# --- Refused, in each way of giving answers -------------------------------------------------------------------------

FAULTY = {"project_slug": "../x", "author_email": "ada", "time_zone": "Berlin"}
FAULTY_OPTIONS = [f"{question}={answer}" for question, answer in FAULTY.items()]


def assert_all_refused(ended: Completed) -> None:
    assert ended.returncode == 1, ended.stdout + ended.stderr
    lines = ended.stderr[ended.stderr.index("Error:") :].splitlines()
    assert lines[0] == "Error: these answers cannot be used."
    assert [line.split(":")[0] for line in lines[1:4]] == [f"  {question}" for question in FAULTY]


def assert_nothing_was_written(tmp_path: Path) -> None:
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "x").exists()


def test_the_command_line_lists_all_faults(light: Path, tmp_path: Path) -> None:
    ended = generate(tmp_path / "out", *FAULTY_OPTIONS, template=light)
    assert_all_refused(ended)
    assert "Traceback" not in ended.stderr
    assert f"cookiecutter {light} 'project_name=My Site' 'description=" in ended.stderr
    assert_nothing_was_written(tmp_path)


def test_the_printed_command_gives_the_good_answers_again(light: Path, tmp_path: Path) -> None:
    ended = generate(tmp_path / "out", "project_name=O'Brien's", "time_zone=Berlin", template=light)
    command = ended.stderr.splitlines()[-1].strip()
    script = f'"$0" -m {command} --no-input --config-file "$1" --output-dir "$2" time_zone=Europe/Berlin'
    again = run("sh", "-c", script, sys.executable, configured(tmp_path, {}), tmp_path / "out", cwd=tmp_path)
    assert (tmp_path / "out" / "obriens").is_dir(), again.stderr


def test_cruft_lists_all_faults_too(light: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(light, repository)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for command in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "A version"]):
        assert run("git", *command, cwd=repository).returncode == 0
    (tmp_path / "out").mkdir()
    ended = run(
        sys.executable, "-m", "cruft", "create", repository, "--no-input", "--default-config", "--output-dir",
        tmp_path / "out", "--extra-context", json.dumps(FAULTY), cwd=tmp_path,
    )  # fmt: skip
    assert_all_refused(ended)
    assert "Traceback" not in ended.stderr
    assert 'cruft create TEMPLATE --extra-context \'{"project_name": "My Site", "description": ' in ended.stderr
    assert_nothing_was_written(tmp_path)


def configured(tmp_path: Path, answers: dict[str, Any]) -> Path:
    """Write a user's configuration with default answers, and return it."""
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"default_context": answers, "replay_dir": str(tmp_path), "cookiecutters_dir": "x"}))
    return config


def test_a_configuration_file_is_checked(light: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "cookiecutter",
        light,
        "--no-input",
        "-o",
        tmp_path / "out",
        "--config-file",
    ]
    ended = run(*command, configured(tmp_path, FAULTY), cwd=tmp_path)
    assert_all_refused(ended)
    assert_nothing_was_written(tmp_path)
    held = {"project_name": True, "description": None, "author_name": {"a": "b"}, "time_zone": 7}
    ended = run(*command, configured(tmp_path, held), cwd=tmp_path)
    assert ended.returncode == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("slug", ["../x", "sub", "my-site"])
def test_a_replay_file_is_checked_by_the_hook(light: Path, tmp_path: Path, slug: str) -> None:
    """Cookiecutter makes the folder before the hook runs, and removes it when the hook fails."""
    replay = tmp_path / "mine.json"
    replay.write_text(json.dumps({"cookiecutter": GOOD | FAULTY | {"project_slug": slug}}))
    (tmp_path / "out").mkdir()
    ended = run(
        sys.executable, "-m", "cookiecutter", light, "--replay-file", replay, "-o", tmp_path / "out",
        "--config-file", configured(tmp_path, {}), cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "author_email" in ended.stderr
    assert "time_zone" in ended.stderr
    assert_nothing_was_written(tmp_path)


@pytest.mark.parametrize("options", [["--overwrite-if-exists"], []], ids=["forced", "not forced"])
@pytest.mark.parametrize("way", ["the command line", "a replay file"])
def test_a_refusal_changes_nothing_in_an_existing_folder(
    light: Path, tmp_path: Path, options: list[str], way: str
) -> None:
    mine = tmp_path / "out" / "my-site" / "config" / "settings.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    if way == "the command line":
        ended = generate(tmp_path / "out", "author_email=ada", *options, template=light)
    else:
        replay = tmp_path / "mine.json"
        replay.write_text(json.dumps({"cookiecutter": GOOD | {"author_email": "ada"}}))
        command: list[str | Path] = [sys.executable, "-m", "cookiecutter", light, "--replay-file", replay, "-o"]
        command += [tmp_path / "out"]
        ended = run(*command, *options, "--config-file", configured(tmp_path, {}), cwd=tmp_path)
    assert ended.returncode == 1
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["my-site", "config", "settings.py"]
    assert mine.read_text() == "precious"


def test_pytest_cookies_bakes_and_refuses(light: Path, cookies: Any) -> None:
    assert cookies.bake(extra_context={"project_name": "O'Brien"}, template=str(light)).exit_code == 0
    assert cookies.bake(extra_context=FAULTY, template=str(light)).exit_code == 1


def test_an_old_console_can_show_the_faults(light: Path, tmp_path: Path) -> None:
    ended = generate(
        tmp_path / "out", "author_email=\u5317\u4eac", template=light, PYTHONUTF8="0", PYTHONIOENCODING="cp1252"
    )
    assert ended.returncode == 1
    assert r'author_email: "\u5317\u4eac" has characters outside ASCII' in ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_fault_can_break_the_source_of_the_hook(light: Path, tmp_path: Path) -> None:
    source = (light / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    found = faults({"project_name": '"""\\ \' {{ \n </script> \ud800', **FAULTY})
    environment = Environment(autoescape=False)
    environment.filters["faults"] = lambda value: value
    hook = tmp_path / "hook.py"
    hook.write_text(environment.from_string(source).render(cookiecutter=found), encoding="utf-8")
    ended = run(sys.executable, hook, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["Error: these answers cannot be used.", *(f"  {line}" for line in found), ""]
    hook.write_text(environment.from_string(source).render(cookiecutter=[]), encoding="utf-8")
    assert run(sys.executable, hook, cwd=tmp_path).returncode == 0


# --- Replayed answers -----------------------------------------------------------------------------------------------


def test_a_replay_gives_the_same_site(light: Path, tmp_path: Path) -> None:
    first = bake(light, tmp_path / "first", {"project_name": 'The "best" \\', "project_slug": "s"})
    again = bake(light, tmp_path / "again", {}, replay=True)
    assert tree(first) == tree(again)


def test_an_edited_replay_file_is_used_as_edited(light: Path, tmp_path: Path) -> None:
    bake(light, tmp_path / "first", {})
    replay = json.loads((light.parent / "template.json").read_text(encoding="utf-8"))
    replay["cookiecutter"]["project_name"] = 'A "new" name'
    (tmp_path / "edited.json").write_text(json.dumps(replay), encoding="utf-8")
    baked = bake(light, tmp_path / "again", {}, replay=str(tmp_path / "edited.json"))
    assert answer_in(baked, "project_name") == 'A "new" name'


# --- Whole sites ----------------------------------------------------------------------------------------------------

# The hardest answers for a formatter, a parser or a reader. Each column is one site.
HARD = {
    "project_name": ["typographic quotes", "Chinese", "a Jinja line statement", "Hebrew with vowel points"],
    "description": [
        "all of ASCII's punctuation",
        "a sentence of several scripts",
        "an inline script",
        "200 characters",
    ],
    "author_name": ["a nickname in quotes", "no Latin letter", "an address in angle brackets", "an apostrophe"],
    "author_email": ["an apostrophe", "braces and a percent sign", "an encoded domain", "plain"],
    "domain_name": ["encoded", "plain", "digits", "a subdomain"],
    "time_zone": ["three parts", "a sign", "a city", "universal"],
}


@pytest.mark.parametrize("column", range(4))
def test_a_site_with_hard_answers_passes_its_checks(site: Site, tmp_path: Path, column: int) -> None:
    whole = tmp_path / "template"
    shutil.copytree(fresh_template(), whole)
    (whole / "hooks" / "post_gen_project.py").unlink()  # the environment exists already, in the shared site
    answers = {question: NAMED[question]["kept"][names[column]] for question, names in HARD.items()}
    baked = bake_unrendered(whole, tmp_path / "out", answers)
    assert baked.project, baked.output
    commands = [
        ("manage.py", "check"),
        ("-m", "ruff", "check", "--no-cache", "config"),
        ("-m", "ruff", "format", "--no-cache", "--check", "config"),
    ]
    for command in commands:
        ended = run(site.python, *command, cwd=baked.project, **PRODUCTION)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_file_name_in_the_template_is_rendered() -> None:
    assert [path for path in TEMPLATE.rglob("*") if "{" in path.name] == []


# --- Licences -------------------------------------------------------------------------------------------------------

# As their authors publish them: apache.org/licenses/LICENSE-2.0.txt, gnu.org/licenses/gpl-3.0.txt.
VERBATIM = {
    "Apache-2.0": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "GPL-3.0-or-later": "3972dc9744f6499f0f9b2dbf76696f2ae7ad8af9b23dde66d6af86c9dfb36986",
}


@pytest.mark.parametrize("license", LICENSES)
def test_the_licence_is_the_published_text(light: Path, tmp_path: Path, license: str) -> None:
    baked = bake_unrendered(light, tmp_path / "out", {"license": license, "author_name": "O'Brien & {{ Sons }}"})
    assert baked.project
    licence = (baked.project / "LICENSE").read_text(encoding="utf-8")
    if license in VERBATIM:
        assert hashlib.sha256(licence.encode()).hexdigest() == VERBATIM[license]
    else:
        assert "Copyright (c) O'Brien & {{ Sons }}" in licence
    assert not re.search(r"cookiecutter|# cc:|\n\n\n", licence)
    assert licence.endswith("\n")
    metadata = tomllib.loads((baked.project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # PEP 639 asks for this form when a licence is not in the list of SPDX.
    assert metadata["license"] == {"proprietary": "LicenseRef-Proprietary"}.get(license, license)


def tree(baked: Baked) -> dict[str, bytes]:
    assert baked.project is not None, baked.output
    root = baked.project
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
