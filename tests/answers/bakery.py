"""A light copy of the template and fast bakes in this process, for the tests of answers.

The copy has no post-generation hook and only those files of the site that contain an answer. A bake takes milliseconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TEMPLATE
from cookiecutter.main import cookiecutter

NAMED: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "named.toml").read_text(encoding="utf-8")
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


def named(outcome: str) -> list[Any]:
    """Return the answers of that outcome as parameters: the question, and its value in named.toml."""
    return [
        pytest.param(question, case, id=f"{question}: {name}")
        for question, outcomes in NAMED.items()
        for name, case in outcomes.get(outcome, {}).items()
    ]


def light_template(into: Path) -> Path:
    """Copy the template without its post-generation hook and without files that no answer changes."""
    shutil.copytree(ROOT / "templates", into / "templates")
    (into / "hooks").mkdir()
    for part in ("cookiecutter.json", "local_extensions.py", "hooks/pre_gen_project.py"):
        shutil.copy(ROOT / part, into / part)
    for path in TEMPLATE.rglob("*"):
        if path.is_file() and "cookiecutter." in path.read_text(encoding="utf-8", errors="ignore"):
            copy = into / TEMPLATE.name / path.relative_to(TEMPLATE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    return into


@dataclass
class Baked:
    """The result of a bake: the site's folder or the exit code, the error output, the names in the output folder."""

    project: Path | None
    code: object
    output: str
    left: list[str]


def bake(template: Path, into: Path, answers: dict[str, Any], **options: Any) -> Baked:
    """Generate a site in this process, as `cookiecutter --no-input KEY=VALUE` does."""
    into.mkdir(parents=True, exist_ok=True)
    stderr = io.StringIO()
    project: Path | None = None
    code: object = 0
    config = {"replay_dir": str(template.parent), "cookiecutters_dir": str(template.parent)}
    if "replay" not in options:
        options |= {"no_input": True, "extra_context": answers}
    with contextlib.redirect_stderr(stderr):
        try:
            project = Path(cookiecutter(str(template), output_dir=str(into), default_config=config, **options))
        except SystemExit as end:
            code = end.code
    return Baked(project, code, stderr.getvalue(), sorted(path.name for path in into.iterdir()))


def bake_unrendered(template: Path, into: Path, answers: dict[str, Any]) -> Baked:
    """Generate a site from a replay file. Cookiecutter renders answers on the command line, but not in such a file."""
    replay = into.parent / "replayed.json"
    replay.write_text(json.dumps({"cookiecutter": GOOD | answers}), encoding="utf-8")
    return bake(template, into, {}, replay=str(replay))


@contextlib.contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """Remove the folder at the end, because thousands of bakes would fill the disk."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
