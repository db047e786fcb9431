"""Answers typed in a terminal, with none on the command line. Cookiecutter does not render typed answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest
from bakery import NAMED, light_template

from local_extensions import QUESTIONS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminal that a program can type in")
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
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return light_template(tmp_path_factory.mktemp("light") / "template")


class Session:
    """Cookiecutter in a terminal, answered question by question."""

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
            timeout=120,
        )

    def answer(self, typed: Mapping[str, str]) -> str:
        """Type these answers, and Enter for the other questions. Return the output after the last question."""
        for number, question in enumerate(QUESTIONS, 1):
            self.terminal.expect_exact(f"[{number}/8]")
            # readline loses text that is typed before the prompt.
            self.terminal.expect(r"Choose from.*:" if question == "license" else r"\):")
            self.terminal.sendline(typed.get(question, ""))
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()
        return str(self.terminal.before)


@pytest.mark.parametrize(("question", "name"), TYPED, ids=[name for _, name in TYPED])
def test_a_typed_answer_is_kept_as_it_is(light: Path, tmp_path: Path, question: str, name: str) -> None:
    answer = NAMED[question]["kept"][name]
    session = Session(light, tmp_path)
    said = session.answer({question: answer})
    assert session.terminal.exitstatus == 0, said
    (project,) = session.out.iterdir()
    source = (project / "config" / "settings.py").read_text(encoding="utf-8")
    (line,) = (line for line in source.splitlines() if line.startswith(f"{SETTINGS[question]} = "))
    assert eval(line.partition(" = ")[2]) == answer


def test_enter_enter_enter_gives_a_site(light: Path, tmp_path: Path) -> None:
    session = Session(light, tmp_path)
    assert session.answer({}).strip() == ""
    assert session.terminal.exitstatus == 0
    assert [path.name for path in session.out.iterdir()] == ["my-site"]


def test_all_faults_are_listed_after_the_last_question(light: Path, tmp_path: Path) -> None:
    faulty = [("project_slug", "a path up"), ("author_email", "a name before it"), ("time_zone", "a city alone")]
    session = Session(light, tmp_path)
    output = session.answer({question: NAMED[question]["refused"][name][0] for question, name in faulty})
    assert session.terminal.exitstatus == 1
    listed = output[output.index("Error: these answers cannot be used.") :].splitlines()[1:4]
    for line, (question, name) in zip(listed, faulty, strict=True):
        assert line.startswith(f"  {question}: ")
        assert NAMED[question]["refused"][name][1] in line
    assert "This keeps your other answers:" in output
    assert "Traceback" not in output
    assert list(session.out.iterdir()) == []


def test_a_licence_is_chosen_by_its_number(light: Path, tmp_path: Path) -> None:
    session = Session(light, tmp_path)
    session.answer({"license": "4", "author_name": "O'Brien"})
    licence = (session.out / "my-site" / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in licence
