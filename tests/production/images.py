"""Builds and runs a Dockerfile without a container engine, as far as Linux alone can.

Each stage is an overlay on this machine's own file system, which stands in for the base image: what a step writes or
removes, and the user that it adds, is in the overlay only. Each step runs in it by chroot, with the Dockerfile's
variables and no others. Not covered is what only an engine has: fetching base images, layers, networks, limits.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

# What a base image sets: https://hub.docker.com/_/python
BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


class Step(NamedTuple):
    instruction: str
    words: str


def steps_of(dockerfile: str) -> list[Step]:
    """The instructions in order, with continued lines joined and comments left out."""
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def can_be_built() -> bool:
    """Whether this machine lets the tests mount overlays: root on Linux, on a disk that can hold one."""
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("setpriv"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        return not subprocess.run(Stage(Path(folder)).command("true"), capture_output=True, check=False).returncode


class Stage:
    """One stage of a build: the files it has added, and what its instructions have set."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, folder / "files"
        for path in (self.files, folder / "work", folder / "root"):
            path.mkdir(parents=True, exist_ok=True)
        self.environment: dict[str, str] = {"PATH": BASE_PATH}
        self.workdir, self.user = "/", "0"
        self.exec_forms: dict[str, list[str]] = {}

    def pretend_to_be_python(self, interpreter: Path) -> None:
        """Put what python:3.13-slim has in its place; others than root must be able to follow the link."""
        programs = self.files / "usr/local/bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(interpreter)
        (programs / "pip").write_text('#!/bin/sh\nexec python -m pip "$@"\n')
        (programs / "pip").chmod(0o755)
        for parent in reversed(interpreter.parents[:-1]):
            (self.files / parent.relative_to("/")).mkdir(parents=True, exist_ok=True)
            (self.files / parent.relative_to("/")).chmod(0o755)

    def command(self, *command: str, mounts: Mapping[str, Path] = {}, read_only: bool = False) -> list[str]:
        """The command line that runs a command in this stage; it becomes process 1, as in a container.

        ``mounts`` are folders of this machine by their place inside. With ``read_only`` nothing else can be written but
        /tmp and /dev, as with `docker run --read-only --tmpfs /tmp`.
        """
        root = shlex.quote(str(self.folder / "root"))
        layers = f"lowerdir=/,upperdir={self.files},workdir={self.folder / 'work'}"
        # Linux takes a moment to let go of the folders after the last run.
        mount = f"mount -t overlay overlay -o {shlex.quote(layers)} {root}"
        script = [f"for _ in 1 2 3 4 5 6 7 8 9; do {mount} && break; sleep 0.5; done 2>&1", f"mountpoint -q {root}"]
        for place, outside in mounts.items():
            script += [f"mkdir -p {root}{place}", f"mount --bind {shlex.quote(str(outside))} {root}{place}"]
        script += [f"mount --rbind /{name} {root}/{name}" for name in ("dev", "proc")]
        if read_only:
            script += [f"mount -t tmpfs tmpfs {root}/tmp", f"mount -o remount,ro {root}"]
        inside = f"cd {shlex.quote(self.workdir)} && exec {shlex.join(command)}"
        if self.user != "0":  # without any power of root, and no way to get one
            drop = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
            drop += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
            inside = f"cd {shlex.quote(self.workdir)} && exec {shlex.join(drop)} {shlex.join(command)}"
        script += [f"exec chroot {root} /bin/sh -c {shlex.quote(inside)}"]
        isolated = ["unshare", "--mount", "--propagation=private", "--pid", "--fork"]
        return [*isolated, "/bin/sh", "-ec", "\n".join(script)]

    def run(
        self,
        *command: str,
        more: dict[str, str] | None = None,
        mounts: Mapping[str, Path] = {},
        read_only: bool = False,
    ) -> str:
        """Run a command to its end and return what it said. ``more`` are variables beside those of the Dockerfile.

        Raises RuntimeError with what it said, if it fails.
        """
        done = subprocess.run(
            self.command(*command, mounts=mounts, read_only=read_only), env=self.environment | (more or {}),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def start(self, *command: str, log: Path, mounts: Mapping[str, Path], **more: str) -> subprocess.Popen[Any]:
        """Start a server with a read-only root; `process_1` of it is what a container engine sends signals to."""
        with log.open("wb") as output:
            return subprocess.Popen(
                self.command(*command, mounts=mounts, read_only=True), env=self.environment | more,
                stdout=output, stderr=output,
            )  # fmt: skip


def process_1(started: subprocess.Popen[Any]) -> int:
    return int(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()[0])


def build(context: Path, folder: Path, interpreter: Path, images: Mapping[str, Path], **network: str) -> Stage:
    """Run the Dockerfile of a folder and return its last stage.

    ``images`` are folders that stand in for the images that files are copied from; ``network`` are variables that an
    engine would pass to the build for its way to the package index.
    """
    stages: dict[str, Stage] = {}
    stage = Stage(folder / "none")
    for instruction, words in steps_of((context / "Dockerfile").read_text(encoding="utf-8")):
        if instruction == "FROM":
            name = words.split(" AS ")[1] if " AS " in words else f"stage {len(stages)}"
            stage = stages[name] = Stage(folder / name.replace(" ", "-"))
            stage.pretend_to_be_python(interpreter)
        elif instruction == "ENV":
            for word in shlex.split(words):
                name, value = word.split("=", 1)
                stage.environment[name] = value.replace("$PATH", stage.environment["PATH"])
        elif instruction == "WORKDIR":
            stage.workdir = words
            (stage.files / words.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif instruction == "COPY":
            copy(words, stage, context, {name: made.files for name, made in stages.items()} | dict(images))
        elif instruction == "RUN":
            caches = re.findall(r"--mount=type=cache,target=(\S+)", words)
            mounts = dict.fromkeys(caches, images["cache"])
            stage.run("/bin/sh", "-c", re.sub(r"--mount=\S+ ", "", words), mounts=mounts, more=network)
        elif instruction == "USER":
            stage.user = words
        elif instruction in {"CMD", "HEALTHCHECK"}:
            stage.exec_forms[instruction] = json.loads(words[words.index("[") :])
        else:
            assert instruction == "EXPOSE", f"{instruction} is not replayed: teach {__name__} how"
    return stage


def copy(words: str, stage: Stage, context: Path, images: Mapping[str, Path]) -> None:
    *sources, target = [word for word in words.split() if not word.startswith("--")]
    origin = re.search(r"--from=(\S+)", words)
    place = stage.files / str(PurePosixPath(stage.workdir, target)).lstrip("/")
    for source in sources:
        found = images[origin[1]] / source.lstrip("/") if origin else context / source
        if found.is_dir():
            ignored = None if origin else ignorer(context)
            shutil.copytree(found, place, symlinks=True, ignore=ignored, dirs_exist_ok=True)
        else:
            into = place / found.name if target.endswith("/") else place
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, into)


def ignorer(context: Path) -> Any:
    """What .dockerignore leaves out, as a function for shutil.copytree. `**/` means any depth, and none."""
    lines = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    def ignored(folder: str, names: list[str]) -> set[str]:
        paths = {name: (Path(folder) / name).relative_to(context).as_posix() for name in names}
        return {
            name
            for name, path in paths.items()
            for pattern in patterns
            if (path.count("/") == pattern.count("/") and fnmatch(path, pattern))
            or (pattern.startswith("**/") and fnmatch(name, pattern.removeprefix("**/")))
        }

    return ignored
