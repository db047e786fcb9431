"""The sites to measure: the generated one, and others on the same interpreter."""

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

from conftest import PRODUCTION, Site, copy_template
from conftest import generate as generate  # for the benchmark of it

from .machine import machine
from .serving import Server, environment, gunicorn

BENCHMARKS = Path(__file__).resolve().parent.parent
WORKERS = 2  # processes that answer, for every subject
ENVIRONMENT = "from config.environment import env\n"
CONSTANTS = f"""\
import types
env = types.SimpleNamespace(PORT=8000, WEB_CONCURRENCY={WORKERS}, FORWARDED_ALLOW_IPS=["127.0.0.1"])
"""


def uv() -> str:
    """Return the uv that runs this script (in the variable UV), or the one on PATH."""
    return os.environ.get("UV") or shutil.which("uv") or "uv"


@dataclass
class Bench:
    """A folder, the number of runs, and sites that are made when they are first used.

    ``quick`` asks for the smallest sizes: everything runs, but the numbers mean nothing. ``only_claims`` leaves out the
    measurements that only fill the tables.
    """

    folder: Path
    runs: int = 5
    quick: bool = False
    given: Path | None = None
    only_claims: bool = False

    @property
    def seconds(self) -> float:
        """The duration of one run of wrk."""
        return 1 if self.quick else 2

    @property
    def tables(self) -> bool:
        """Whether to measure what the claims do not need."""
        return not (self.quick or self.only_claims)

    @cached_property
    def template(self) -> Path:
        """A copy of the template with wheels built from the current sources."""
        copy_template(self.folder / "template")
        return self.folder / "template"

    @cached_property
    def site(self) -> Path:
        """The default site with an empty database and collected files: a new one, or a copy of the given one."""
        if self.given:
            site = self.folder / "my-site"
            shutil.copytree(self.given, site, ignore=shutil.ignore_patterns(".venv"), symlinks=True)
            (site / ".venv").symlink_to((self.given / ".venv").resolve(), target_is_directory=True)
        else:
            generated = generate(self.folder / "generated", template=self.template)
            site = self.folder / "generated" / "my-site"
            if not site.is_dir():
                raise RuntimeError(f"the site was not generated:\n{generated.stdout}{generated.stderr}")
        python = Site(site, "").python
        self._call([python, "manage.py", "migrate", "--verbosity", "0"], site)
        self._call([python, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], site)
        return site

    @property
    def python(self) -> Path:
        """The interpreter of the site's environment, which also runs the other sites."""
        return Site(self.site, "").python

    @property
    def machine(self) -> str:
        return machine(self.python)

    def variables(self, **more: str) -> dict[str, str]:
        """Return the complete environment of a process in production."""
        return environment(self.folder / "bytecode", **PRODUCTION | {"WEB_CONCURRENCY": str(WORKERS)} | more)

    def static_url(self, pattern: str, root: Path | None = None) -> str:
        """Return the URL of the collected file whose path matches the pattern."""
        root = root or self.site / "staticfiles"
        return f"/static/{next(root.glob(pattern)).relative_to(root).as_posix()}"

    @contextlib.contextmanager
    def ours(self, path: str = "/", status: int = 200, **more: str) -> Iterator[Server]:
        """Run the generated site with its gunicorn.conf.py."""
        with gunicorn(self.python, "config.wsgi", self.site, self.variables(**more), (), path, status) as server:
            yield server

    @contextlib.contextmanager
    def usual(self, path: str = "/", *, pages: str = "usual", configured: bool = False) -> Iterator[Server]:
        """Run the usual layout (benchmarks/usual/) with gunicorn's defaults, or with the generated gunicorn.conf.py.

        ``pages`` are its own ("usual") or those of the generated site ("site").
        """
        folder = self.usual_site if pages == "site" else self.usual_own
        variables = self._usual_variables(folder.name)
        cwd = self.plain_folder if configured else folder
        options = () if configured else ("--workers", str(WORKERS))
        with gunicorn(self.python, "usual.wsgi", cwd, variables, options, path) as server:
            yield server

    @contextlib.contextmanager
    def hello(self, body_bytes: int = 13) -> Iterator[Server]:
        """Run a WSGI application that does nothing, with the generated gunicorn.conf.py."""
        variables = self.variables(
            PYTHONPATH=str(BENCHMARKS),
            DJANGO_SETTINGS_MODULE="django.conf.global_settings",  # gunicorn.conf.py closes Django's connections
            HELLO_BYTES=str(body_bytes),
        )
        with gunicorn(self.python, "hello", self.plain_folder, variables) as server:
            yield server

    @contextlib.contextmanager
    def bare(self) -> Iterator[Server]:
        """Run the site of `startproject` with the generated gunicorn.conf.py; its only page is a 404."""
        variables = self.variables(PYTHONPATH=str(self.bare_folder), DJANGO_SETTINGS_MODULE="bare.settings")
        with gunicorn(self.python, "bare.wsgi", self.plain_folder, variables, (), "/", 404) as server:
            yield server

    @cached_property
    def usual_own(self) -> Path:
        return self._usual_folder("usual.settings")

    @cached_property
    def usual_site(self) -> Path:
        return self._usual_folder("usual.site_settings")

    def _usual_folder(self, settings: str) -> Path:
        """Migrate and collect the usual layout; return its working directory, which has no gunicorn.conf.py."""
        folder = self.folder / settings
        folder.mkdir()
        for command in ("migrate", "collectstatic"):
            arguments = ["-m", "django", command, "--no-input", "--verbosity", "0"]
            self._call([self.python, *arguments], folder, self._usual_variables(settings))
        return folder

    def _usual_variables(self, settings: str) -> dict[str, str]:
        folder = self.folder / settings
        return self.variables(
            PYTHONPATH=f"{self.site}:{self.usual_packages}:{BENCHMARKS}",
            DJANGO_SETTINGS_MODULE=settings,
            USUAL_SITE=str(self.site),
            USUAL_DATABASE_URL=f"sqlite:///{folder}/db.sqlite3",
            USUAL_STATIC_ROOT=str(folder / "staticfiles"),
        )

    @cached_property
    def usual_packages(self) -> Path:
        """The packages of the usual layout that the generated site does not have."""
        folder = self.folder / "usual-packages"
        requirements = BENCHMARKS / "usual" / "requirements.txt"
        target: list[str | Path] = ["--python", self.python, "--target", folder]
        self._call(
            [uv(), "pip", "install", "--quiet", "--no-deps", "--requirements", requirements, *target],
            self.folder,
            dict(os.environ),
        )
        return folder

    @cached_property
    def bare_folder(self) -> Path:
        """The project of `startproject` with DEBUG off."""
        folder = self.folder / "bare"
        folder.mkdir()
        self._call([self.python, "-m", "django", "startproject", "bare", folder], folder)
        settings = folder / "bare" / "settings.py"
        text = settings.read_text(encoding="utf-8")
        text = text.replace("DEBUG = True", "DEBUG = False").replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["*"]')
        settings.write_text(text, encoding="utf-8")
        return folder

    @cached_property
    def plain_folder(self) -> Path:
        """A folder with the site's gunicorn.conf.py and nothing else of the site: the environment is constant."""
        folder = self.folder / "plain"
        folder.mkdir()
        text = (self.site / "gunicorn.conf.py").read_text(encoding="utf-8")
        if ENVIRONMENT not in text:
            raise RuntimeError(f"gunicorn.conf.py no longer contains {ENVIRONMENT!r}")
        (folder / "gunicorn.conf.py").write_text(text.replace(ENVIRONMENT, CONSTANTS), encoding="utf-8")
        return folder

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
