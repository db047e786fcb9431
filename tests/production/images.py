"""The Dockerfile and compose.yaml without a container engine.

The steps of the Dockerfile run in a folder, and the image runs as a process that may write to its data only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from conftest import Site, run
from servers import free_port

# The commands of the Dockerfile. When you change one there, check the function `built` too.
COMMANDS = [
    "uv sync --locked --no-default-groups",
    "/venv/bin/python manage.py collectstatic --no-input --verbosity 0 && /venv/bin/python -m compileall -q .",
    "pip uninstall --yes --quiet --root-user-action=ignore pip && "
    "useradd --system --uid 10001 --no-create-home site && install --directory --owner=site /data",
]
FOR_DEPENDENCIES = ["pyproject.toml", "uv.lock", ".python-version", "vendor"]
EXEC_FORMS = ("CMD", "HEALTHCHECK")


class Step(NamedTuple):
    instruction: str
    words: str


def steps(site: Site) -> list[Step]:
    """Return the instructions of the Dockerfile, with continued lines joined and without comments."""
    lines = [line for line in (site.path / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n *", "", "\n".join(lines))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def words_of(site: Site, instruction: str) -> list[str]:
    return [step.words for step in steps(site) if step.instruction == instruction]


@dataclass
class Image:
    """The result of the build: /app, /venv, and the variables and commands of the last stage."""

    folder: Path
    environment: dict[str, str]
    command: list[str]
    health: list[str]

    def in_folder(self, text: str) -> str:
        """Replace the image's paths with paths in this folder."""
        return re.sub(r"/(venv|app)(?=[/:]|$)", rf"{self.folder}/\1", text)


@contextlib.contextmanager
def built(site: Site, folder: Path) -> Iterator[Image]:
    """Run the steps of the Dockerfile in ``folder``. The build context has a developer's secret, data and upload."""
    context, app, venv = folder / "context", folder / "app", folder / "venv"
    shutil.copytree(site.path, context, ignore=shutil.ignore_patterns(".venv"))
    (context / "db.sqlite3").write_text("rows of this machine")
    (context / "media").mkdir()
    (context / "media" / "letter.pdf").write_text("an upload")
    app.mkdir()
    assert words_of(site, "COPY")[1:4] == [" ".join(FOR_DEPENDENCIES[:3]) + " ./", "vendor vendor", ". ."]
    for name in FOR_DEPENDENCIES:
        copy = shutil.copytree if (context / name).is_dir() else shutil.copy
        copy(context / name, app / name)
    build = {"UV_PROJECT_ENVIRONMENT": str(venv), "UV_PYTHON": str(site.python.resolve()), "UV_LINK_MODE": "copy"}
    variables = dict(word.split("=", 1) for word in shlex.split(words_of(site, "ENV")[0]))
    assert {"UV_COMPILE_BYTECODE": "1", "UV_PROJECT_ENVIRONMENT": "/venv"}.items() <= variables.items()
    synced = run("uv", *COMMANDS[0].split()[1:], cwd=app, **build, UV_COMPILE_BYTECODE="1")
    assert synced.returncode == 0, synced.stderr
    ignored = [line for line in (context / ".dockerignore").read_text().splitlines() if line[:1] not in {"", "#"}]
    patterns = shutil.ignore_patterns(*(line.removeprefix("**/") for line in ignored))
    shutil.copytree(context, app, ignore=patterns, dirs_exist_ok=True)
    for command in COMMANDS[1].split(" && "):
        done = subprocess.run(
            shlex.split(command.replace("/venv/", f"{venv}/")), cwd=app, env={"PATH": os.defpath},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    environment = dict(word.split("=", 1) for word in shlex.split(words_of(site, "ENV")[1]))
    made = Image(folder, environment, *(json.loads(words_of(site, name)[0].split("CMD ")[-1]) for name in EXEC_FORMS))
    subprocess.run(["chmod", "-R", "a-w", app, venv], check=True)
    yield made
    subprocess.run(["chmod", "-R", "u+w", app, venv], check=True)


@dataclass
class Container:
    """The running image without root's capabilities. It may write only to its data and to temporary files."""

    image: Image
    data: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[Any] | None = None

    @property
    def log(self) -> Path:
        return self.data.parent / "container.log"

    def command(self, command: list[str]) -> list[str]:
        executable = str(self.image.folder / "venv" / "bin" / command[0])
        if os.geteuid() == 0:  # root without its capabilities has to respect permissions
            return ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", executable, *command[1:]]
        return [executable, *command[1:]]

    def options(self) -> dict[str, Any]:
        variables = self.image.environment | {"PORT": str(self.port)} | self.environment
        variables = {
            name: self.image.in_folder(value).replace("/data", str(self.data)) for name, value in variables.items()
        }
        variables["PATH"] = f"{self.image.folder}/venv/bin:{os.defpath}"
        return {"cwd": self.image.folder / "app", "env": variables, "stderr": subprocess.STDOUT}

    def run_once(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command([*command]), stdout=subprocess.PIPE, text=True, check=False, timeout=120, **self.options()
        )

    def start(self) -> None:
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(self.command(self.image.command), stdout=output, **self.options())

    def is_healthy(self) -> bool:
        return self.run_once(*self.image.health).returncode == 0

    def stop(self) -> int:
        """Send SIGTERM to the first process, as an engine does, and return its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def interpolated(site: Site, **given: str) -> Any:
    """Return the services of compose.yaml as Compose reads them, with the variables of .env.

    Raises:
        KeyError: a required variable is missing.
    """

    def value(match: re.Match[str]) -> str:
        name, how, word = match.groups()
        if given.get(name):
            return given[name]
        if how != "-":
            raise KeyError(f"{name}: {word}")
        return word

    text = (site.path / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text))["services"]
