"""What the tests of answers in generated sites share: a light copy of the template, and bakes in this process.

The copy has no post-generation hook and, of the site, only the files that hold an answer, so a bake takes milliseconds.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TEMPLATE
from cookiecutter.main import cookiecutter  # type: ignore[import-untyped]

NAMED: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "named.toml").read_text(encoding="utf-8")
)
PARTS = ("cookiecutter.json", "answers.py", "answers_extension.py", "interruptions_extension.py")


def named(outcome: str) -> list[Any]:
    """The answers of that outcome, as parameters: question, and what named.toml says of it."""
    return [
        pytest.param(question, case, id=f"{question}: {name}")
        for question, outcomes in NAMED.items()
        for name, case in outcomes.get(outcome, {}).items()
    ]


def light_template(into: Path) -> Path:
    """Copy the template, without its post-generation hook and what no answer changes; return the copy's folder."""
    shutil.copytree(ROOT / "templates", into / "templates")
    (into / "hooks").mkdir()
    for part in (*PARTS, "hooks/pre_gen_project.py"):
        shutil.copy(ROOT / part, into / part)
    for path in TEMPLATE.rglob("*"):
        if path.is_file() and path.suffix in ("", ".py", ".toml", ".json", ".yaml", ".yml", ".md"):
            text = path.read_text(encoding="utf-8", errors="ignore")
            if "cookiecutter." in text and "staticproof" not in path.parts:
                copy = into / TEMPLATE.name / path.relative_to(TEMPLATE)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
    return into


@dataclass
class Baked:
    """What came of a bake: the site's folder or the exit code, what was said, and what lies in the output folder."""

    project: Path | None
    code: object
    said: str
    left: list[str]


def bake(template: Path, into: Path, answers: dict[str, Any], *, accept_hooks: bool = True, **options: Any) -> Baked:
    """Generate a site in this process, as `cookiecutter --no-input` does, and end as its command line would."""
    into.mkdir(parents=True, exist_ok=True)
    said = io.StringIO()
    project: Path | None = None
    code: object = 0
    config = {"replay_dir": str(template.parent), "cookiecutters_dir": str(template.parent)}
    if "replay" not in options:
        options |= {"no_input": True, "extra_context": answers}
    with contextlib.redirect_stderr(said):
        try:
            project = Path(
                cookiecutter(
                    str(template),
                    output_dir=str(into),
                    default_config=config,
                    accept_hooks=accept_hooks,
                    **options,
                )
            )
        except SystemExit as end:
            code = end.code
    return Baked(project, code, said.getvalue(), sorted(path.name for path in into.iterdir()))


@contextlib.contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """The folder, empty afterwards: thousands of bakes would fill a disk."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
