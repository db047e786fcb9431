"""One real generation, shared by all tests that only look; copies of it for those that change something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

# What the tests import from the template may leave nothing there: it would be baked into every site.
sys.dont_write_bytecode = True

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
# What would hide the interpreter that a site's .python-version asks for, or turn its defaults into something else.
FOREIGN = ("VIRTUAL_ENV", "PYENV_VERSION", "PYENV_DIR", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "PORT")

Completed = subprocess.CompletedProcess[str]


def run(*command: str | Path, cwd: Path, **environment: str) -> Completed:
    """Run a command to its end and return it with what it said, whatever its exit code."""
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def generate(into: Path, *arguments: str, template: Path = ROOT, **environment: str) -> Completed:
    """Generate a site with Cookiecutter's own command, as a user does, with defaults and no user configuration."""
    into.mkdir(parents=True, exist_ok=True)
    home = into.parent / f"{into.name}-config"
    home.mkdir(exist_ok=True)
    config = home / "cookiecutter.yaml"
    config.write_text(f'cookiecutters_dir: "{home.as_posix()}"\nreplay_dir: "{home.as_posix()}"\n')
    return run(
        sys.executable, "-m", "cookiecutter", template, "--no-input", "--output-dir", into, *arguments,
        cwd=into, COOKIECUTTER_CONFIG=str(config), TMPDIR=str(home), **environment,
    )  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A generated site: its folder, the interpreter of its environment, and what the terminal said."""

    path: Path
    output: str

    @property
    def python(self) -> Path:
        return self.path / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def manage(self, *arguments: str, cwd: Path | None = None, **environment: str) -> Completed:
        return run(self.python, "manage.py", *arguments, cwd=cwd or self.path, **environment)

    def tool(self, module: str, *arguments: str | Path, cwd: Path | None = None, **environment: str) -> Completed:
        """Run a tool of the site's own environment: ruff, mypy, pytest, ..."""
        return run(self.python, "-m", module, *arguments, cwd=cwd or self.path, **environment)


PRODUCTION = {"DEBUG": "False", "SECRET_KEY": "0123456789abcdef" * 4 + "GHIJKL", "ALLOWED_HOSTS": "localhost"}


def compile_django(site: Path) -> None:
    """Hundreds of processes would do it again and again, for none of them may write bytecode."""
    for django in site.glob(".venv/**/site-packages/django"):
        run(Site(site, "").python, "-m", "compileall", "-q", django, cwd=site, PYTHONDONTWRITEBYTECODE="")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The default site, generated once for all workers by the real hooks. Look, do not touch."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    said = shared / "generation.txt"
    with FileLock(shared / "generation.lock"):
        if not said.exists():
            generated = generate(shared / "generated")
            compile_django(shared / "generated" / "my-site")
            said.write_text(generated.stdout + generated.stderr, encoding="utf-8")
    output = said.read_text(encoding="utf-8")
    path = shared / "generated" / "my-site"
    assert path.is_dir(), output
    return Site(path, output)


@pytest.fixture
def copy(site: Site, tmp_path: Path) -> Site:
    """A copy of the default site to change at will; it shares the interpreter of the original."""
    path = tmp_path / "my-site"
    shutil.copytree(site.path, path, ignore=shutil.ignore_patterns(".venv"), symlinks=True)
    (path / ".venv").symlink_to(site.path / ".venv", target_is_directory=True)
    return Site(path, site.output)


@pytest.fixture
def faulty_template(tmp_path: Path) -> Callable[..., Path]:
    """A function that copies the template and plants a fault: file, text to replace, replacement."""

    def plant(file: str, old: str, new: str) -> Path:
        template = tmp_path / "template"
        if not template.exists():
            shutil.copytree(
                ROOT, template, ignore=shutil.ignore_patterns(".git", ".venv", "tests", "artefacts", "docs")
            )
        planted = template / TEMPLATE.name / file
        text = planted.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        planted.write_text(text.replace(old, new, 1), encoding="utf-8")
        return template

    return plant
