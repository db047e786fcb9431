"""The sites that are measured: ours as it is generated, and the others beside it, on the same interpreter."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from conftest import PRODUCTION
from conftest import generate as generate  # for the benchmark of it

from .machine import machine
from .serving import Server, environment, gunicorn

BENCHMARKS = Path(__file__).resolve().parent.parent
# The processes that answer, on both sides.
WORKERS = 2
# What every shell of a gunicorn user would say to get the same number of processes without a configuration file.
USUAL_OPTIONS = ("--workers", str(WORKERS))


def uv() -> str:
    """The uv that runs this (it says so in UV), else the one on PATH."""
    return os.environ.get("UV") or shutil.which("uv") or "uv"


@dataclass
class Bench:
    """What a benchmark is given: a folder for its files, how often to run, and sites that are made when first used.

    `quick` asks for the smallest sizes: the numbers mean nothing then, but everything has run.
    """

    folder: Path
    runs: int = 5
    quick: bool = False
    given: Path | None = None

    @property
    def seconds(self) -> float:
        """How long one run of wrk takes."""
        return 1 if self.quick else 3

    @cached_property
    def site(self) -> Path:
        """The default site with an empty database, collected: generated now, or a copy of the given one."""
        if self.given:
            site = self.folder / "site"
            shutil.copytree(self.given, site, ignore=shutil.ignore_patterns(".venv"), symlinks=True)
            (site / ".venv").symlink_to((self.given / ".venv").resolve(), target_is_directory=True)
        else:
            generated = generate(self.folder / "generated")
            site = self.folder / "generated" / "my-site"
            if not site.is_dir():
                raise RuntimeError(f"the site was not generated:\n{generated.stdout}{generated.stderr}")
        self._call([self.python_of(site), "manage.py", "migrate", "--verbosity", "0"], site)
        self._call([self.python_of(site), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], site)
        return site

    @property
    def python(self) -> Path:
        """The interpreter of the site's environment, which runs the other sites too."""
        return self.python_of(self.site)

    @staticmethod
    def python_of(site: Path) -> Path:
        return site / ".venv" / "bin" / "python"

    @property
    def machine(self) -> str:
        return machine(self.python)

    def variables(self, **more: str) -> dict[str, str]:
        """The whole environment of a process in production."""
        workers = {"WEB_CONCURRENCY": str(WORKERS)}
        return environment(self.folder / "bytecode", **PRODUCTION | workers | more)

    @contextlib.contextmanager
    def ours(self, path: str = "/", status: int = 200, **more: str) -> Iterator[Server]:
        """The generated site by its own gunicorn.conf.py."""
        with gunicorn(self.python, "config.wsgi", self.site, self.variables(**more), (), path, status) as server:
            yield server

    @contextlib.contextmanager
    def usual(self, path: str = "/", *, apps: bool = True) -> Iterator[Server]:
        """The same pages as other templates lay them out, by gunicorn's defaults: see benchmarks/usual/.

        Without ``apps``, those that other templates install and these pages do not need are left out.
        """
        variables = self.usual_variables | {"USUAL_APPS": str(apps)}
        with gunicorn(self.python, "usual.wsgi", self.usual_folder, variables, USUAL_OPTIONS, path) as server:
            yield server

    @contextlib.contextmanager
    def hello(self, application: str = "hello", body_bytes: int = 13) -> Iterator[Server]:
        """A bare hello-world WSGI application under the site's own gunicorn.conf.py."""
        variables = self.variables(
            PYTHONPATH=str(BENCHMARKS),
            DJANGO_SETTINGS_MODULE="django.conf.global_settings",
            HELLO_BYTES=str(body_bytes),
        )
        with gunicorn(self.python, application, self.hello_folder, variables) as server:
            yield server

    @contextlib.contextmanager
    def bare(self) -> Iterator[Server]:
        """What `startproject` makes, in production under the site's own gunicorn.conf.py; its only page is a 404."""
        variables = self.variables(DJANGO_SETTINGS_MODULE="bare.settings")
        plain = ("--worker-class", "config.worker.Worker")  # the site's own would bring WhiteNoise along
        with gunicorn(self.python, "bare.wsgi", self.bare_folder, variables, plain, "/", 404) as server:
            yield server

    @cached_property
    def usual_folder(self) -> Path:
        """A working directory of the usual layout, collected and migrated: no gunicorn.conf.py is found there."""
        folder = self.folder / "usual"
        folder.mkdir()
        for command in ("migrate", "collectstatic"):
            options = ["--no-input", "--verbosity", "0"]
            self._call([self.python, "-m", "django", command, *options], folder, self.usual_variables)
        return folder

    @property
    def usual_variables(self) -> dict[str, str]:
        return self.variables(
            PYTHONPATH=f"{BENCHMARKS}:{self.site}:{self.usual_packages}",
            DJANGO_SETTINGS_MODULE="usual.settings",
            USUAL_SITE=str(self.site),
            USUAL_DATABASE=str(self.folder / "usual.sqlite3"),
            USUAL_STATIC_ROOT=str(self.folder / "usual-static"),
        )

    @cached_property
    def usual_packages(self) -> Path:
        """What other templates install by default beside what the site has; their own dependencies are among these."""
        folder = self.folder / "usual-packages"
        listed = BENCHMARKS / "usual" / "requirements.txt"
        target: list[str | Path] = ["--python", self.python, "--target", folder]
        command = [uv(), "pip", "install", "--quiet", "--no-deps", "--requirements", listed, *target]
        self._call(command, self.folder, dict(os.environ))
        return folder

    @cached_property
    def bare_folder(self) -> Path:
        folder = self.folder / "bare"
        folder.mkdir()
        self._call([str(self.python), "-m", "django", "startproject", "bare", str(folder)], folder)
        settings = folder / "bare" / "settings.py"
        text = settings.read_text(encoding="utf-8")
        text = text.replace("DEBUG = True", "DEBUG = False").replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["*"]')
        settings.write_text(text, encoding="utf-8")
        self._configure(folder)
        return folder

    @cached_property
    def hello_folder(self) -> Path:
        folder = self.folder / "hello"
        folder.mkdir()
        self._configure(folder)
        return folder

    def _configure(self, folder: Path) -> None:
        """The site's gunicorn.conf.py and what it imports, except that there are no pages here to load beforehand."""
        shutil.copy(self.site / "gunicorn.conf.py", folder)
        for package in ("config", "edge"):
            shutil.copytree(self.site / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "config" / "warmup.py").write_text("def warm_up(application): pass\n", encoding="utf-8")

    def _call(self, command: Sequence[str | Path], cwd: Path, variables: dict[str, str] | None = None) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=variables or self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
