"""Random answers: each set is refused with a list of faults and leaves no files, or gives a site that shows it.

2,000 examples by default. The environment variable ANSWER_EXAMPLES sets another number.
"""

from __future__ import annotations

import ast
import html
import json
import os
import subprocess
import tomllib
import unicodedata
import zoneinfo
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from bakery import NAMED, Baked, bake, emptied, light_template
from conftest import PRODUCTION, UNSET_VARIABLES, Site
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.provisional import domains

EXAMPLES = int(os.environ.get("ANSWER_EXAMPLES", "2000"))
SHARDS = 4  # parametrized tests, so that four processes can share the work

FREE = ("project_name", "description", "author_name")
MARKS = ["{ ", "}}", "{%", "%}", '"', "'", "\\", "\\u", "#", "%", "$", "&", "<", ">", "\u202e", "\u200d", " "]
# Cookiecutter renders answers of the command line before the template sees them. The other tests cover such answers.
JINJA = ("{{", "{%cc", "{#cc", "# cc:")
NASTY = [
    case if isinstance(case, str) else case[0]
    for outcomes in NAMED.values()
    for cases in outcomes.values()
    for case in cases.values()
]


def without_jinja(text: str) -> bool:
    return not any(mark in text for mark in JINJA)


anything = (
    st.lists(st.text(max_size=20) | st.sampled_from(MARKS + NASTY), max_size=8).map("".join).filter(without_jinja)
)
writable = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
marks = st.sampled_from(MARKS)
short = st.lists(writable | marks, min_size=1, max_size=8).map("".join).filter(str.strip)
long = st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=150, max_size=250)
text = (short | long).filter(without_jinja)
slug = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,30}[A-Za-z0-9])?", fullmatch=True)
host = domains(max_length=60)
domain = host.map(str.lower)
LIKELY = {
    "project_name": text,
    "project_slug": slug,
    "description": text,
    "author_name": text,
    "author_email": st.emails(domains=host).filter(without_jinja),
    "domain_name": domain,
    "time_zone": st.sampled_from(sorted(zoneinfo.available_timezones())),
}


@st.composite
def answers_to_all(draw: st.DrawFn) -> dict[str, str]:
    """Return an answer to every text question: likely answers, or any text in two of six examples."""
    tame = set[str]()
    wild = draw(st.sampled_from([tame, tame, tame, tame, set(FREE), {draw(st.sampled_from(sorted(LIKELY)))}]))
    return {question: draw(anything if question in wild else likely) for question, likely in LIKELY.items()}


class Worker:
    """A process of the shared site that renders its pages with the answers of a bake."""

    def __init__(self, site: Site) -> None:
        inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
        quiet = {"LOG_LEVEL": "WARNING", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [site.python, Path(__file__).with_name("django_worker.py")],
            cwd=site.path,
            env=inherited | PRODUCTION | quiet | {"DJANGO_SETTINGS_MODULE": "config.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def show(self, project: Path) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{project}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the site's process ended: its traceback is above"
        shown: dict[str, Any] = json.loads(answer)
        return shown

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


@pytest.fixture(scope="module")
def worker(site: Site) -> Iterator[Worker]:
    running = Worker(site)
    yield running
    running.end()


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return light_template(tmp_path_factory.mktemp("light") / "template")


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_answers_are_refused_or_make_a_site_that_shows_them(
    shard: int, light: Path, worker: Worker, tmp_path: Path
) -> None:
    @settings(
        max_examples=EXAMPLES // SHARDS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(answers=answers_to_all())
    def check(answers: dict[str, str]) -> None:
        with emptied(tmp_path / "out") as out:
            baked = bake(light, out, answers, accept_hooks=False)
            if baked.project is None:
                event("refused")
                assert_refused(baked, answers)
            else:
                event("made")
                assert_held(baked.project, answers, worker.show(baked.project))
        assert sorted(path.name for path in tmp_path.iterdir()) == [], "there is a file next to the output folder"

    check()


def assert_refused(baked: Baked, answers: dict[str, str]) -> None:
    assert baked.code == 1
    assert baked.left == []
    assert "Traceback" not in baked.output
    title, *lines = baked.output.partition("\n\n")[0].splitlines()
    assert title == "Error: these answers cannot be used."
    refused = [line.strip().partition(":")[0] for line in lines]
    assert 1 <= len(set(refused)) == len(refused)
    assert set(refused) <= {question for question in answers if not must_be_accepted(question, answers[question])}
    assert all(line.isprintable() for line in lines)


def must_be_accepted(question: str, answer: str) -> bool:
    """Return whether the answer must be accepted. named.toml covers slugs, addresses and domains."""
    if question in FREE:
        return (
            len(answer) <= 512
            and any(unicodedata.category(character)[0] in "LNPS" and character.isascii() for character in answer)
            and not any(unicodedata.category(character) in ("Cc", "Cs", "Cf", "Cn", "Zl", "Zp") for character in answer)
        )
    if question == "time_zone":
        return answer in zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"}
    return False


def assert_held(project: Path, answers: dict[str, str], shown: dict[str, Any]) -> None:
    for path in project.rglob("*"):
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        match path.suffix:
            case ".py":
                ast.parse(source)
            case ".json":
                json.loads(source)
            case ".toml":
                tomllib.loads(source)
            case ".yaml" | ".yml":
                yaml.safe_load(source)
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project.name == answers["project_slug"]
    assert metadata["description"] == answers["description"]
    assert metadata["authors"][0]["name"] == answers["author_name"]
    assert shown["settings"]["SITE_NAME"] == answers["project_name"]
    assert shown["settings"]["SITE_DESCRIPTION"] == answers["description"]
    assert shown["settings"]["SITE_AUTHOR"] == answers["author_name"]
    assert shown["settings"]["TIME_ZONE"] == answers["time_zone"]
    assert shown["settings"]["SITE_AUTHOR_EMAIL"] == answers["author_email"]
    assert shown["settings"]["SITE_DOMAIN"] == answers["domain_name"]
    assert_shown(shown, answers)


def assert_shown(shown: dict[str, Any], answers: dict[str, str]) -> None:
    assert shown["checks"] == []
    assert set(shown["codes"].values()) == {200}, shown["codes"]
    assert shown["settings"]["SITE_DOMAIN"] in shown["pages"]["/robots.txt"]
    manifest = json.loads(shown["pages"]["/site.webmanifest"])
    assert manifest["name"] == answers["project_name"]
    home = shown["pages"]["/"]
    assert html.escape(answers["project_name"]) in home
    page = Page()
    page.feed(home)
    page.close()
    assert page.text["title"] == answers["project_name"]
    assert page.text["h1"] == answers["project_name"]
    assert answers["author_name"] in page.text["footer"]
    assert page.description == answers["description"]


class Page(HTMLParser):
    """The text in each element, by its name, and the description of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.description = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "meta" and values.get("name") == "description":
            self.description = values.get("content") or ""
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.text[tag] = self.text.get(tag, "") + data
