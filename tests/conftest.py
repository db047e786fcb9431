"""One generated site that all tests share, and copies of it for tests that change something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

# The fixtures of more than one folder: `tls` and `browser`.
pytest_plugins = ["browser.fixtures"]

# Bytecode in the template would be baked into every site.
sys.dont_write_bytecode = True

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
# Variables that hide the interpreter named in a site's .python-version, or change the site's defaults.
UNSET_VARIABLES = ("VIRTUAL_ENV", "PYENV_VERSION", "PYENV_DIR", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "PORT")

# `uv run` sets the variable UV. A uv that pip installed is not always on PATH.
UV = os.environ.get("UV") or "uv"

Completed = subprocess.CompletedProcess[str]


def run(*command: str | Path, cwd: Path, **environment: str) -> Completed:
    """Run a command, wait for its end, and return its output and exit code."""
    inherited = {name: value for name, value in os.environ.items() if name not in UNSET_VARIABLES}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,  # seconds, for a busy machine
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of `fresh_template`. The workers of pytest-xdist inherit the variable."""
    if not hasattr(config, "workerinput"):
        os.environ["FRESH_TEMPLATE"] = tempfile.mkdtemp(prefix="template-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["FRESH_TEMPLATE"], ignore_errors=True)


def fresh_template() -> Path:
    """Return a copy of the template with newly built wheels. All workers share one copy."""
    folder = Path(os.environ["FRESH_TEMPLATE"])
    with FileLock(folder / "lock"):
        if not (folder / "complete").exists():
            copy_template(folder / "template")
            (folder / "complete").touch()
    return folder / "template"


def copy_template(into: Path) -> None:
    """Copy the tracked files and the new files that git does not ignore, and build the wheels in the copy."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    for name in listed.rstrip("\0").split("\0"):
        source, target = ROOT / name, into / name
        if source.is_file() and not name.startswith(("tests/", "benchmarks/", "docs/")):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    built = run(sys.executable, into / "packages" / "build_wheels.py", cwd=into)
    assert built.returncode == 0, built.stderr


def generate(into: Path, *arguments: str, template: Path | None = None, **environment: str) -> Completed:
    """Generate a site with the command `cookiecutter`, the default answers and an empty user configuration."""
    into.mkdir(parents=True, exist_ok=True)
    home = into.parent / f"{into.name}-config"
    home.mkdir(exist_ok=True)
    config = home / "cookiecutter.yaml"
    config.write_text(f'cookiecutters_dir: "{home.as_posix()}"\nreplay_dir: "{home.as_posix()}"\n')
    template = template or fresh_template()
    return run(
        sys.executable, "-m", "cookiecutter", template, "--no-input", "--output-dir", into, *arguments,
        cwd=into, COOKIECUTTER_CONFIG=str(config), TMPDIR=str(home), **environment,
    )  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A generated site: its folder, and the output of its generation."""

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
    """Compile Django once, because the tests start hundreds of processes that write no bytecode."""
    for django in site.glob(".venv/**/site-packages/django"):
        run(Site(site, "").python, "-m", "compileall", "-q", django, cwd=site, PYTHONDONTWRITEBYTECODE="")


@pytest.fixture(scope="session")
def template() -> Path:
    """Return the copy of the template that the tests bake from. Tests must not change it."""
    return fresh_template()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return the default site, generated once for all workers by the real hooks. Tests must not change it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    saved = shared / "generation.txt"
    with FileLock(shared / "generation.lock"):
        if not saved.exists():
            generated = generate(shared / "generated")
            compile_django(shared / "generated" / "my-site")
            saved.write_text(generated.stdout + generated.stderr, encoding="utf-8")
    output = saved.read_text(encoding="utf-8")
    path = shared / "generated" / "my-site"
    assert path.is_dir(), output
    return Site(path, output)


@pytest.fixture
def copy(site: Site, tmp_path: Path) -> Site:
    """Return a copy of the default site that the test may change. It uses the original's environment."""
    path = tmp_path / "my-site"
    shutil.copytree(site.path, path, ignore=shutil.ignore_patterns(".venv"), symlinks=True)
    (path / ".venv").symlink_to(site.path / ".venv", target_is_directory=True)
    return Site(path, site.output)


@pytest.fixture
def faulty_template(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that copies the template and plants a fault: file, text to replace, replacement."""

    def plant(file: str, old: str, new: str) -> Path:
        template = tmp_path / "template"
        if not template.exists():
            shutil.copytree(fresh_template(), template)
        planted = template / TEMPLATE.name / file
        text = planted.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        planted.write_text(text.replace(old, new, 1), encoding="utf-8")
        return template

    return plant
