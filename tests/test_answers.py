"""The rules for answers, without a template: what is allowed, what is made of it, and that no text escapes its file."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import answers

NAMED: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "answers" / "named.toml").read_text(encoding="utf-8")
)
GOOD = {
    "project_name": "My Site",
    "project_slug": "my-site",
    "description": "About it.",
    "author_name": "Ada",
    "author_email": "ada@example.com",
    "domain_name": "example.com",
    "time_zone": "UTC",
    "license": "MIT",
}
DESCRIBED = [text for question in answers.FREE_TEXT for text in NAMED[question]["kept"].values()]


def named(outcome: str) -> list[Any]:
    """The answers of that outcome, as parameters: question, and what named.toml says of it."""
    return [
        pytest.param(question, case, id=f"{question}: {name}")
        for question, outcomes in NAMED.items()
        for name, case in outcomes.get(outcome, {}).items()
    ]


@pytest.mark.parametrize(("question", "answer"), named("kept"))
def test_an_answer_is_kept_as_it_is(question: str, answer: str) -> None:
    assert answers.settle(question, answer) == answer


@pytest.mark.parametrize(("question", "case"), named("mended"))
def test_an_answer_is_mended_where_there_is_no_doubt(question: str, case: list[str]) -> None:
    given_answer, mended = case
    assert answers.settle(question, given_answer) == mended
    assert answers.settle(question, mended) == mended, "mended twice"


@pytest.mark.parametrize(("question", "case"), named("refused"))
def test_a_refusal_is_one_line_with_the_reason_the_rule_and_an_example(question: str, case: list[str]) -> None:
    answer, reason = case
    with pytest.raises(answers.Fault) as refused:
        answers.settle(question, answer)
    message = str(refused.value)
    assert message.startswith(f"{question}: ")
    assert reason in message
    assert "for example: " in message
    assert message.isprintable(), "the answer's own controls or surrogates are in the message"


@pytest.mark.parametrize("question", answers.QUESTIONS)
def test_the_example_of_each_refusal_is_allowed(question: str) -> None:
    _, allowed = answers.QUESTIONS[question]
    if "for example: " in allowed:
        answer = allowed.partition("for example: ")[2]
        assert answers.settle(question, answer) == answer
    else:
        assert all(answers.settle(question, choice) for choice in allowed.partition("one of: ")[2].split(", "))


@pytest.mark.parametrize("answer", [True, None, 7, ["a"], {"a": "b"}])
def test_what_is_not_text_is_refused(answer: object) -> None:
    assert answers.faults(GOOD | {"project_name": answer}) == [
        f'project_name: "{answer}" is not text. {answers.QUESTIONS["project_name"][1]}'
    ]


def test_half_a_character_is_refused_and_shown() -> None:
    with pytest.raises(answers.Fault, match=r"character 2 is half a character \(U\+DC80\)"):
        answers.settle("project_name", "a\udc80")


@pytest.mark.parametrize("question", answers.FREE_TEXT)
def test_text_may_be_long_but_not_endless(question: str) -> None:
    assert answers.settle(question, "x" * 512) == "x" * 512
    with pytest.raises(answers.Fault, match="513 characters, and 512 is the most"):
        answers.settle(question, "x" * 513)


def test_all_faults_are_found_at_once() -> None:
    found = answers.faults(dict.fromkeys(GOOD, ""))
    assert [fault.partition(":")[0] for fault in found] == list(answers.QUESTIONS)
    assert answers.faults(GOOD) == []
    assert len(answers.faults({})) == len(answers.QUESTIONS)


def test_a_machine_without_time_zones_judges_by_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_time_zones", lambda: frozenset[str]())
    assert answers.settle("time_zone", "America/Argentina/Buenos_Aires")
    for refused, _ in NAMED["time_zone"]["refused"].values():
        if not re.fullmatch(r"[A-Za-z/]+", refused) or refused.startswith("/"):
            with pytest.raises(answers.Fault):
                answers.settle("time_zone", refused)


def test_every_question_has_a_rule_and_a_checked_private_variable() -> None:
    context = json.loads((Path(answers.__file__).parent / "cookiecutter.json").read_text(encoding="utf-8"))
    asked = [key for key in context if not key.startswith("_")]
    assert asked == list(answers.QUESTIONS) == list(context["__prompts__"])
    assert context["license"] == list(answers.LICENSES)
    private = [key for key in context if key.startswith("__") and key != "__prompts__"]
    assert sorted(private) == sorted(answers.derived(GOOD))
    order = list(context)
    for question in asked:
        assert order.index(f"__{question}") == order.index(question) + 1, "checked before the next question"
        assert context[f"__{question}"] == f"{{{{ cookiecutter.{question} | answer('{question}') }}}}"


# --- What is made of an answer --------------------------------------------------------------------------------------

WRITABLE = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff").filter(
        lambda character: not answers._unwritable(character)
    ),
    max_size=60,
)
NASTY = st.lists(WRITABLE | st.sampled_from(DESCRIBED), max_size=4).map("".join)


@given(NASTY)
@example('\\" \u202e {{ x }}')
def test_the_quoted_form_is_the_text_in_every_language(text: str) -> None:
    literal = f'"{answers.quoted(text)}"'
    assert ast.literal_eval(literal) == text
    assert json.loads(literal) == text
    assert tomllib.loads(f"x = {literal}")["x"] == text
    assert yaml.safe_load(f"x: {literal}")["x"] == text


@given(NASTY)
@example("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_the_quoted_form_shows_each_change_of_direction(text: str) -> None:
    assert not set(answers.quoted(text)) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


# Markdown trims a line's ends, and this engine trims all that Unicode calls a space.
@given(NASTY.map(str.strip).filter(bool))
@example("    a").via("a code block")
@example("1.").via("a list without an item")
@example("-").via("the same")
@example("=").via("it would underline the line above")
@example("a #").via("a closing sequence")
@example("_a_ a_b_c __d__")
@example("&copy; &#65; & x")
def test_the_markdown_form_shows_the_text_and_nothing_else(text: str) -> None:
    engine = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for source, kind in [("# {}", "h1"), ("{}", "p"), ("| a |\n|---|\n| {} |", "td")]:
        tokens = engine.parse(source.format(answers.markdown(text)))
        inlines = [token for token in tokens if token.type == "inline"]
        assert {child.type for child in inlines[-1].children or []} <= {"text", "text_special"}
        assert "".join(child.content for child in inlines[-1].children or []) == text.strip()
        assert tokens[-4 if kind == "td" else 0].tag in (kind, "tr", "tbody", "table")
        assert len(inlines) == (2 if kind == "td" else 1)


@given(st.text(max_size=200) | st.sampled_from([*answers.DEPENDENCIES, *answers.WINDOWS_DEVICES]))
@example("北京")
@example("🦄")
@example("")
def test_a_default_slug_is_always_allowed(name: str) -> None:
    slug = answers.default_slug(name)
    assert answers.settle("project_slug", slug) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Site", "my-site"),
        ("Zoë's “Café”", "zoes-cafe"),
        ("北京", "bei-jing"),
        ("🦄", "site"),
        ("Django", "django-site"),
    ],
)
def test_a_default_slug_reads_like_the_name(name: str, slug: str) -> None:
    assert answers.default_slug(name) == slug


@given(st.sampled_from(sorted(answers.QUESTIONS)), st.text())
def test_any_text_is_settled_or_refused(question: str, text: str) -> None:
    (fault,) = answers.faults(GOOD | {question: text}) or [""]
    assert fault.isprintable()
    if not fault:
        settled = answers.settle(question, text)
        assert settled == text if question in answers.FREE_TEXT else settled.isascii()
