"""The same answers give the same tree, byte for byte, whichever way a site is generated."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import Completed, Site, run
from repository import cruft, first_version, git
from terminals import command, environment

ANSWERS = {
    "project_name": "Zoë's Boats",
    "project_slug": "boats",
    "author_name": 'Ada "the" \\ O\'Brien',
    "time_zone": "Europe/Berlin",
}


def tracked(site: Path) -> dict[str, tuple[bytes, bool]]:
    """What git would take in of a site: each file's content, and whether it may be executed; uv.lock is uv's."""
    if not (site / ".git").exists():
        git(site, "init", "--quiet")
    listed = git(site, "ls-files", "-z", "--others", "--cached", "--exclude-standard").split("\0")
    names = set(filter(None, listed)) - {"uv.lock", ".cruft.json"}
    assert "manage.py" in names
    return {name: ((site / name).read_bytes(), os.access(site / name, os.X_OK)) for name in sorted(names)}


class Ways:
    """The ways of generating that site. Its installation, which makes no difference here, is kept from succeeding."""

    def __init__(self, tmp_path: Path, template: Path) -> None:
        self.tmp_path = tmp_path
        self.template = template
        # uv refuses to install what has no lock yet, and the hook says NOT PROVEN.
        self.environment = environment(tmp_path / "home") | {"UV_FROZEN": "1"}

    def run(self, *command: str | Path, into: str) -> Completed:
        folder = self.tmp_path / into
        folder.mkdir()
        return run(*command, cwd=folder, **self.environment)

    def given(self) -> list[str]:
        return [f"{question}={answer}" for question, answer in ANSWERS.items()]

    def cookiecutter(self, into: str = "cookiecutter") -> Completed:
        return self.run(*command(Path(), "--no-input", *self.given(), template=self.template), into=into)

    def cookiecutter_replay(self) -> Completed:
        self.cookiecutter("first")
        return self.run(*command(Path(), "--replay", template=self.template), into="cookiecutter_replay")

    def a_configuration_file(self) -> Completed:
        """Answers that a configuration file holds, as somebody has them who makes many sites."""
        config = Path(self.environment["COOKIECUTTER_CONFIG"])
        config.write_text(config.read_text() + f"default_context: {json.dumps(ANSWERS)}\n", encoding="utf-8")
        return self.run(
            *command(Path(), "--no-input", template=self.template),
            into="a_configuration_file",
        )

    def uvx_cookiecutter(self) -> Completed:
        uvx = ["uv", "tool", "run", "cookiecutter", str(self.template), "--no-input", *self.given()]
        return self.run(*uvx, into="uvx_cookiecutter")

    def cruft_create(self) -> Completed:
        folder = self.tmp_path / "cruft_create"
        folder.mkdir()
        answers = ("--extra-context", json.dumps(ANSWERS))
        return cruft("create", self.template, "--no-input", "--default-config", *answers, cwd=folder)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    tmp_path = tmp_path_factory.mktemp("ways")
    return Ways(tmp_path, first_version(tmp_path / "template"))


@pytest.fixture(scope="module")
def expected(ways: Ways) -> dict[str, tuple[bytes, bool]]:
    done = ways.cookiecutter()
    assert "NOT PROVEN" in done.stdout, done.stdout + done.stderr
    return tracked(ways.tmp_path / "cookiecutter" / "boats")


@pytest.mark.parametrize("way", ["cookiecutter_replay", "a_configuration_file", "uvx_cookiecutter", "cruft_create"])
def test_every_way_gives_the_same_tree(ways: Ways, expected: dict[str, tuple[bytes, bool]], way: str) -> None:
    done = getattr(ways, way)()
    assert done.returncode == 0, done.stdout + done.stderr
    made = tracked(ways.tmp_path / way / "boats")
    assert made.keys() == expected.keys()
    assert [name for name in made if made[name] != expected[name]] == []


def test_what_is_installed_and_proven_changes_nothing_that_is_tracked(site: Site, tmp_path: Path) -> None:
    """And two runs with the same answers are the same: this is the second one with none but the defaults."""
    shutil.copytree(site.path, tmp_path / "proven", ignore=shutil.ignore_patterns(".venv"))
    home = environment(tmp_path / "home") | {"UV_FROZEN": "1"}
    done = run(*command(tmp_path, "--no-input"), cwd=tmp_path, **home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tracked(tmp_path / "my-site") == tracked(tmp_path / "proven")
    secrets = {(folder / ".env").read_text(encoding="utf-8") for folder in (tmp_path / "my-site", tmp_path / "proven")}
    assert len(secrets) == 2
