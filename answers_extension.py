"""The Jinja extension that carries the rules of answers.py into Cookiecutter. Named in cookiecutter.json.

It does three things:

- It has the filters of cookiecutter.json: `answer` checks an answer as soon as it is there, `slug` and `markdown` make
  one thing of another.
- It checks all answers together when the site's folder is about to get its name, the last moment at which nothing is
  on the disk yet. No way of answering goes around that: a replay file is not even rendered before.
- It keeps an answer as it is. Cookiecutter renders what comes from the command line, a configuration file or
  .cruft.json as a template, and what is typed not: a site called "{{ o_o }}" could be made, but never updated.

`cruft update` renders the old and the new template in one process, and Python imports this module once, from the old
one. So what may change from release to release is in answers.py, which is read anew for every Jinja environment.

A question that is added after a release needs a private variable that does without this extension, because Cookiecutter
asks it alone, and without extensions, when somebody replays the answers of an earlier release:
`"__motto": "{{ cookiecutter.motto | answer('motto') if 'answer' is filter else '' }}"`. `settled` sets it in the end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from jinja2 import Environment, Undefined
from jinja2.ext import Extension

ROOT = Path(__file__).resolve().parent
SITE_FOLDER = "{{cookiecutter.project_slug}}"


class AnswersExtension(Extension):
    """Adds the filters `answer`, `slug`, `markdown`, `faults` and `settled`, and lets answers be data."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.answers = _answers()
        self.templates = frozenset(_templates())
        self.given: set[str] = set()
        environment.filters.update(
            answer=self.answer,
            slug=self.answers.default_slug,
            markdown=self.answers.markdown,
            faults=self.answers.faults,
            settled=self.settled,
        )

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Jinja's hook before it reads a template: a source that is none of ours becomes an expression of itself.

        Files have a name. Without one come the strings of cookiecutter.json, the hooks, the paths (the site's folder is
        the only one here that is a template) and the answers.
        """
        if source == SITE_FOLDER:
            return "{{ cookiecutter | settled | vacant }}"
        if name is not None or source in self.templates:
            return source
        self.given.add(source)
        return '{{ "' + "".join(f"\\U{ord(character):08x}" for character in source) + '" }}'

    def answer(self, value: object, question: str) -> str:
        """The answer as it stands between double quotes.

        A faulty one that was typed ends the run at once. One that was given (Enter takes it too) is left to `settled`,
        which says all that is wrong with the given answers in one go. So is one that a replay file holds: Cookiecutter
        does not show that to what it renders.
        """
        if isinstance(value, Undefined):
            return ""
        try:
            settled: str = self.answers.settle(question, value)
        except self.answers.Fault as fault:
            if isinstance(value, str) and value not in self.given:
                _refuse([str(fault)])
            return ""
        return str(self.answers.quoted(settled))

    def settled(self, answers: dict[str, Any]) -> str:
        """The slug, once nothing is wrong with any answer; the private variables are made anew.

        A replay file may have been written or changed by hand, without thought for what derives from an answer.
        """
        if faults := self.answers.faults(answers):
            _refuse(faults)
        answers.update(self.answers.derived(answers))
        return str(answers["project_slug"])


def _answers() -> ModuleType:
    """answers.py beside this file, compiled from its source: a cached one might be the other version's."""
    path = ROOT / "answers.py"
    module = ModuleType("answers")
    module.__file__ = str(path)
    exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    return module


def _templates() -> Iterator[str]:
    """The sources without a file name that are templates and not answers."""
    context = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    for value in context.values():
        yield from [value] if isinstance(value, str) else value if isinstance(value, list) else []
    for hook in (ROOT / "hooks").glob("*.py"):
        yield hook.read_text(encoding="utf-8")


def _refuse(faults: list[str]) -> NoReturn:
    """Say what is wrong and end the run with 1, before there is a folder.

    No click.ClickException: cruft's command line has a copy of click of its own and shows a traceback for ours.
    """
    if len(faults) == 1:
        lines = [f"Error: {faults[0]}"]
    else:
        lines = [f"Error: {len(faults)} answers cannot be used.", *(f"  {fault}" for fault in faults)]
    print("\n".join(lines), file=sys.stderr)
    raise SystemExit(1)
