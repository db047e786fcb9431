"""The same answers give the same tree, byte for byte, in each way of generating a site."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import UV, Completed, Site, run
from repository import cruft, git, repository, user_environment

ANSWERS = {
    "project_name": "Zoë's Boats",
    "project_slug": "boats",
    "author_name": 'Ada "the" \\ O\'Brien',
    "time_zone": "Europe/Berlin",
}
OPTIONS = [f"{question}={answer}" for question, answer in ANSWERS.items()]
# The oldest release with everything that the template uses, and the newest. docs/options.md names the oldest.
OLDEST = "2.2.3"


def tracked(site: Path) -> dict[str, tuple[bytes, bool]]:
    """Return the files that git would track: the content of each, and whether it is executable."""
    if not (site / ".git").exists():
        git(site, "init", "--quiet")
    listed = git(site, "ls-files", "-z", "--others", "--cached", "--exclude-standard").split("\0")
    names = set(filter(None, listed)) - {"uv.lock", ".cruft.json"}
    assert "manage.py" in names
    return {name: ((site / name).read_bytes(), os.access(site / name, os.X_OK)) for name in sorted(names)}


class Ways:
    """The ways of generating that site. UV_FROZEN makes `uv sync` fail at once, which saves time."""

    def __init__(self, tmp_path: Path, template: Path) -> None:
        self.tmp_path = tmp_path
        self.template = template
        self.environment = user_environment(tmp_path / "home") | {"UV_FROZEN": "1"}

    def run(self, *command: str | Path, into: str) -> Completed:
        folder = self.tmp_path / into
        folder.mkdir()
        return run(*command, cwd=folder, **self.environment)

    def cookiecutter(self, into: str = "cookiecutter") -> Completed:
        return self.run(sys.executable, "-m", "cookiecutter", self.template, "--no-input", *OPTIONS, into=into)

    def replay(self) -> Completed:
        self.cookiecutter("first")
        return self.run(sys.executable, "-m", "cookiecutter", self.template, "--replay", into="replay")

    def configuration_file(self) -> Completed:
        config = Path(self.environment["COOKIECUTTER_CONFIG"])
        config.write_text(config.read_text() + f"default_context: {json.dumps(ANSWERS)}\n", encoding="utf-8")
        return self.run(sys.executable, "-m", "cookiecutter", self.template, "--no-input", into="configuration_file")

    def oldest(self) -> Completed:
        return self._uvx(f"cookiecutter=={OLDEST}", "oldest")

    def newest(self) -> Completed:
        return self._uvx("cookiecutter@latest", "newest")

    def _uvx(self, release: str, into: str) -> Completed:
        uvx = [UV, "tool", "run", release, str(self.template), "--no-input", *OPTIONS]
        folder = self.tmp_path / into
        folder.mkdir()
        # UV_FROZEN is for the hook and not for uvx itself.
        return run(*uvx, cwd=folder, **self.environment)

    def cruft(self) -> Completed:
        folder = self.tmp_path / "cruft"
        folder.mkdir()
        answers = ("--extra-context", json.dumps(ANSWERS))
        return cruft("create", self.template, "--no-input", "--default-config", *answers, cwd=folder)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    tmp_path = tmp_path_factory.mktemp("ways")
    return Ways(tmp_path, repository(tmp_path / "template"))


@pytest.fixture(scope="module")
def expected(ways: Ways) -> dict[str, tuple[bytes, bool]]:
    done = ways.cookiecutter()
    assert "NOT PROVEN" in done.stdout, done.stdout + done.stderr
    return tracked(ways.tmp_path / "cookiecutter" / "boats")


@pytest.mark.parametrize("way", ["replay", "configuration_file", "oldest", "newest", "cruft"])
def test_every_way_gives_the_same_tree(ways: Ways, expected: dict[str, tuple[bytes, bool]], way: str) -> None:
    done = getattr(ways, way)()
    assert done.returncode == 0, done.stdout + done.stderr
    assert_equal(tracked(ways.tmp_path / way / "boats"), expected)


def test_pytest_cookies_gives_the_same_tree(
    ways: Ways, expected: dict[str, tuple[bytes, bool]], cookies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_FROZEN", "1")
    result = cookies.bake(extra_context=ANSWERS, template=str(ways.template))
    assert result.exit_code == 0, result.exception
    assert_equal(tracked(result.project_path), expected)


def assert_equal(made: dict[str, tuple[bytes, bool]], expected: dict[str, tuple[bytes, bool]]) -> None:
    assert made.keys() == expected.keys()
    assert [name for name in made if made[name] != expected[name]] == []


def test_installing_and_proving_changes_no_tracked_file(site: Site, template: Path, tmp_path: Path) -> None:
    """The two sites were generated at different times: this shows as well that two runs give the same tree."""
    shutil.copytree(site.path, tmp_path / "proven", ignore=shutil.ignore_patterns(".venv"))
    environment = user_environment(tmp_path / "home") | {"UV_FROZEN": "1"}
    done = run(sys.executable, "-m", "cookiecutter", template, "--no-input", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_equal(tracked(tmp_path / "my-site"), tracked(tmp_path / "proven"))
    secrets = {(folder / ".env").read_text(encoding="utf-8") for folder in (tmp_path / "my-site", tmp_path / "proven")}
    assert len(secrets) == 2
