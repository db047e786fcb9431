"""Answers typed at a terminal, as a person does: nothing is passed on a command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest
from bakery import NAMED, light_template

import answers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminal that a program can type at")
QUESTIONS = tuple(answers.QUESTIONS)
SETTINGS = {"project_name": "SITE_NAME", "description": "SITE_DESCRIPTION", "author_name": "SITE_AUTHOR"}
TYPED = [
    ("project_name", "an apostrophe"),
    ("project_name", "three double quotes"),
    ("project_name", "backslashes that look like escapes"),
    ("project_name", "a Jinja expression"),
    ("project_name", "half a Jinja statement"),
    ("project_name", "a Jinja line statement"),
    ("project_name", "an emoji of several characters"),
    ("project_name", "Arabic, right to left"),
    ("project_name", "combining characters"),
    ("project_name", "a TOML table"),
    ("project_name", "200 characters"),
    ("description", "all of ASCII's punctuation"),
    ("author_name", "a nickname in quotes"),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return light_template(tmp_path_factory.mktemp("light") / "template")


class Session:
    """Cookiecutter at a terminal of its own, answered question by question."""

    def __init__(self, template: Path, into: Path, *arguments: str) -> None:
        config = into / "config.yaml"
        config.write_text(json.dumps({"replay_dir": str(into / "replay"), "cookiecutters_dir": str(into / "cloned")}))
        self.out = into / "out"
        self.out.mkdir()
        environment = {"COOKIECUTTER_CONFIG": str(config), "TERM": "dumb", "PYTHONUTF8": "1", "NO_COLOR": "1"}
        self.terminal = pexpect.spawn(
            sys.executable,
            ["-m", "cookiecutter", str(template), "-o", str(self.out), *arguments],
            env=dict(os.environ) | environment,
            encoding="utf-8",
            dimensions=(40, 1000),
            timeout=60,
        )

    def answer(self, typed: Mapping[str, str]) -> str:
        """Type these answers, and Enter for the other questions; return what came after the last of them."""
        self.asked: list[str] = []
        for number, question in enumerate(QUESTIONS, 1):
            if self.terminal.expect([rf"\[{number}/8\]", pexpect.EOF]) == 1:
                break
            self.asked.append(question)
            # The line discipline must be waiting for a line: what is typed too early is echoed, and lost to readline.
            self.terminal.expect("Choose from.*: " if question == "license" else r"\): ")
            self.terminal.sendline(typed.get(question, ""))
        else:
            self.terminal.expect(pexpect.EOF)
        self.terminal.close()
        return str(self.terminal.before)


@pytest.mark.parametrize(("question", "name"), TYPED, ids=[name for _, name in TYPED])
def test_a_typed_answer_is_kept_as_it_is(template: Path, tmp_path: Path, question: str, name: str) -> None:
    answer = NAMED[question]["kept"][name]
    session = Session(template, tmp_path)
    said = session.answer({question: answer})
    assert session.terminal.exitstatus == 0, said
    (project,) = session.out.iterdir()
    source = (project / "config" / "settings.py").read_text(encoding="utf-8")
    (line,) = (line for line in source.splitlines() if line.startswith(f"{SETTINGS[question]} = "))
    assert eval(line.partition(" = ")[2]) == answer


def test_enter_enter_enter_gives_a_site(template: Path, tmp_path: Path) -> None:
    session = Session(template, tmp_path)
    assert session.answer({}).strip() == ""
    assert session.terminal.exitstatus == 0
    assert [path.name for path in session.out.iterdir()] == ["my-site"]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("project_slug", "a device"),
        ("project_slug", "a path up"),
        ("author_email", "a name before it"),
        ("domain_name", "a port"),
        ("time_zone", "a city alone"),
    ],
)
def test_a_typed_answer_is_refused_before_the_next_question(
    template: Path, tmp_path: Path, question: str, name: str
) -> None:
    answer, reason = NAMED[question]["refused"][name]
    session = Session(template, tmp_path)
    said = session.answer({question: answer})
    assert session.terminal.exitstatus == 1
    assert session.asked[-1] == question
    (line,) = (line for line in said.splitlines() if line.startswith("Error: "))
    assert line.startswith(f"Error: {question}: ")
    assert reason in line
    assert "Traceback" not in said
    assert list(session.out.iterdir()) == []


def test_a_given_answer_that_is_entered_is_told_with_the_others_at_the_end(template: Path, tmp_path: Path) -> None:
    session = Session(template, tmp_path, "author_email=ada", "domain_name=localhost")
    said = session.answer({})
    assert session.terminal.exitstatus == 1
    assert "Error: 2 answers cannot be used." in said
    assert list(session.out.iterdir()) == []


def test_a_licence_is_chosen_by_its_number(template: Path, tmp_path: Path) -> None:
    session = Session(template, tmp_path)
    session.answer({"license": "4", "author_name": "O'Brien"})
    licence = (session.out / "my-site" / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in licence
