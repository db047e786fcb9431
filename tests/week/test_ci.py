"""The workflow that GitHub runs for a generated site: its commands pass on a fresh site, and its files are valid."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import UV, Site, run
from production.services import own_postgres, postgres_programs


def workflow(site: Site) -> dict[str, Any]:
    text = (site.path / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with own_postgres() as service:
        yield service.url


def test_the_commands_pass_on_a_fresh_site(copy: Site, postgres_url: str) -> None:
    """All commands except the build of the image, which needs a container engine."""
    (copy.path / ".env").unlink()  # git ignores it, so GitHub has none
    jobs = workflow(copy)["jobs"]
    assert commands(jobs["image"]) == ["docker build --tag site ."]
    job = jobs["checks"]
    assert "TEST_DATABASE_URL" in job["env"]
    environment = job["env"] | {"TEST_DATABASE_URL": postgres_url}
    wanted = ["ruff check", "ruff format", "djlint", "mypy", "pytest", "provestatic --format github", "check --deploy"]
    assert [name for name in wanted if not any(name in command for command in commands(job))] == []
    for command in commands(job):
        [program, *arguments] = shlex.split(command)
        assert program == "uv"
        done = run(UV, *arguments, cwd=copy.path, **environment)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_rights_are_the_least_and_the_actions_are_pinned(site: Site) -> None:
    content = workflow(site)
    assert content["permissions"] == {"contents": "read"}
    for job in content["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            action, _, version = step.get("uses", "a@" + "0" * 40).partition("@")
            assert len(version) == 40, f"{action} is not pinned to a commit"


@pytest.mark.parametrize(
    ("file", "schema"), [("workflows/ci.yml", "vendor.github-workflows"), ("dependabot.yml", "vendor.dependabot")]
)
def test_the_files_match_the_schemas_of_github(site: Site, file: str, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    checked = run(*command, site.path / ".github" / file, cwd=site.path)
    assert checked.returncode == 0, checked.stdout


def test_zizmor_finds_nothing(site: Site) -> None:
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if not zizmor:
        pytest.skip("zizmor is not installed")
    checked = run(zizmor, "--offline", "--collect=all", ".github", cwd=site.path)
    assert checked.returncode == 0, checked.stdout
