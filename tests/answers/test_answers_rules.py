"""The rules for answers, without a template: what is refused, and how text is quoted."""

from __future__ import annotations

import ast
import json
import re
import shlex
import sys
import tomllib
from typing import Any

import pytest
import yaml
from bakery import GOOD, NAMED, named
from conftest import ROOT
from hypothesis import example, given
from hypothesis import strategies as st

import local_extensions
from local_extensions import LONGEST_TEXT, QUESTIONS, checked, faults, quoted

FREE_TEXT = ("project_name", "description", "author_name")
DESCRIBED = [text for question in FREE_TEXT for text in NAMED[question]["kept"].values()]


@pytest.mark.parametrize(("question", "answer"), named("kept"))
def test_a_good_answer_has_no_fault(question: str, answer: str) -> None:
    assert faults(GOOD | {question: answer}) == []


@pytest.mark.parametrize(("question", "case"), named("refused"))
def test_a_fault_is_one_line_with_the_reason_the_rule_and_an_example(question: str, case: list[str]) -> None:
    answer, reason = case
    (fault,) = faults(GOOD | {question: answer})
    assert fault.startswith(f"{question}: ")
    assert reason in fault
    assert "for example: " in fault
    assert fault.isprintable()


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_example_in_each_message_is_allowed(question: str) -> None:
    _, allowed = QUESTIONS[question]
    examples = allowed.partition("for example: ")[2] or allowed.partition("one of: ")[2]
    for answer in [examples] if "for example: " in allowed else examples.split(", "):
        assert faults(GOOD | {question: answer}) == []


@pytest.mark.parametrize("answer", [True, None, 7, ["a"], {"a": "b"}])
def test_an_answer_that_is_not_text_is_refused(answer: object) -> None:
    (fault,) = faults(GOOD | {"project_name": answer})
    assert fault == f'project_name: "{answer}" is not text. {QUESTIONS["project_name"][1]}'


def test_half_a_character_is_refused() -> None:
    (fault,) = faults(GOOD | {"project_name": "a\udc80"})
    assert "character 2 is half a character (U+DC80)" in fault


@pytest.mark.parametrize("question", FREE_TEXT)
def test_text_has_a_greatest_length(question: str) -> None:
    assert faults(GOOD | {question: "x" * LONGEST_TEXT}) == []
    (fault,) = faults(GOOD | {question: "x" * (LONGEST_TEXT + 1)})
    assert "it has 513 characters, more than 512" in fault


def test_all_faults_are_listed_at_once() -> None:
    assert [fault.partition(":")[0] for fault in faults(dict.fromkeys(GOOD, ""))] == list(QUESTIONS)
    assert len(faults({})) == len(QUESTIONS)


def test_a_machine_without_time_zones_checks_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_extensions, "time_zones", lambda: frozenset[str]())
    assert faults(GOOD | {"time_zone": "America/Argentina/Buenos_Aires"}) == []
    for refused, _ in NAMED["time_zone"]["refused"].values():
        if not re.fullmatch(r"[A-Za-z/]+", refused) or refused.startswith("/"):
            assert faults(GOOD | {"time_zone": refused})


def test_every_question_has_a_prompt_and_a_rule() -> None:
    context = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    assert [key for key in context if not key.startswith("_")] == list(QUESTIONS) == list(context["__prompts__"])
    assert context["license"] == list(local_extensions.LICENSES)
    assert [key for key in context if key.startswith("__")] == ["__answers_checked", "__prompts__"]


def test_the_good_answers_are_printed_as_a_command(capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.delitem(sys.modules, "cruft", raising=False)
    with pytest.raises(SystemExit) as ended:
        checked(GOOD | {"project_name": "O'Brien's $HOME", "author_email": "ada", "time_zone": "Berlin"})
    assert ended.value.code == 1
    *_, command = capfd.readouterr().err.splitlines()
    good = [f"{key}={value}" for key, value in GOOD.items() if key not in ("project_name", "author_email", "time_zone")]
    assert shlex.split(command) == ["cookiecutter", str(ROOT), "project_name=O'Brien's $HOME", *good]


def test_a_replay_file_without_one_answer_asks_only_that_question() -> None:
    assert checked({"license": "MIT"}) == "yes"
    with pytest.raises(SystemExit):
        checked({"license": "WTFPL"})


# --- Quoted text ----------------------------------------------------------------------------------------------------

WRITABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)


@given(st.lists(WRITABLE | st.sampled_from(DESCRIBED), max_size=4).map("".join))
@example('\\" {{ x }} \\u0022')
def test_quoted_text_reads_as_the_text_in_every_language(text: str) -> None:
    literal = f'"{quoted(text)}"'
    assert ast.literal_eval(literal) == text
    assert json.loads(literal) == text
    assert tomllib.loads(f"x = {literal}")["x"] == text
    if all(char.isprintable() for char in text):
        assert yaml.safe_load(f"x: {literal}")["x"] == text


@given(st.sampled_from(sorted(QUESTIONS)), st.text())
def test_any_text_is_accepted_or_refused_in_one_printable_line(question: str, text: str) -> None:
    (fault,) = faults(GOOD | {question: text}) or [""]
    assert fault.isprintable()
    assert fault or question in FREE_TEXT or text.isascii()


def test_the_template_uses_quoted_for_free_text_in_code_and_data() -> None:
    """README.md and the licences are prose and contain the text unchanged."""
    for path in sorted((ROOT / "{{cookiecutter.project_slug}}").rglob("*")):
        if path.is_file() and path.suffix in (".py", ".toml", ".json", ".yaml"):
            text = path.read_text(encoding="utf-8")
            for question, filters in re.findall(r"{{ cookiecutter\.(\w+) ?(.*?) }}", text):
                assert "quoted" in filters or question not in FREE_TEXT, path
