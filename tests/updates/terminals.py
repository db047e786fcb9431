"""Cookiecutter at a terminal of its own, stopped by Ctrl-C; and in places where it cannot write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
from conftest import FOREIGN, ROOT, TEMPLATE

CTRL_C = "\x03"


def environment(home: Path) -> dict[str, str]:
    """The variables of a user without a configuration, whose temporary and replay files stay in that folder."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "cookiecutter.yaml"
    config.write_text(f'cookiecutters_dir: "{home.as_posix()}"\nreplay_dir: "{home.as_posix()}"\n', encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    ours = {"COOKIECUTTER_CONFIG": str(config), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    return inherited | ours | {"PYTHONUTF8": "1", "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "200"}


def command(into: Path, *arguments: str, template: Path = ROOT) -> list[str]:
    return [sys.executable, "-m", "cookiecutter", str(template), "--output-dir", str(into), *arguments]


class Terminal:
    """A command in the foreground of a pseudo-terminal: what is typed reaches it and all that it has started."""

    def __init__(self, command: list[str], home: Path, **variables: str) -> None:
        self.process = pexpect.spawn(
            command[0],
            command[1:],
            cwd=str(home.parent),
            env=environment(home) | variables,
            encoding="utf-8",
            timeout=120,
            dimensions=(60, 200),
        )

    def wait_for(self, text: str) -> None:
        self.process.expect_exact(text)

    def type(self, line: str) -> None:
        self.process.sendline(line)

    def stop(self, times: int = 1) -> tuple[int, str]:
        """Press Ctrl-C, wait for the end of all that holds the terminal, and return the exit code and what was said."""
        for _ in range(times):
            self.process.send(CTRL_C)
        self.process.expect(pexpect.EOF)
        self.process.close()
        return self.process.exitstatus, str(self.process.before)


def copied_template(into: Path) -> Path:
    """A copy of the template to change at will."""
    shutil.copytree(ROOT, into, ignore=shutil.ignore_patterns(".git", ".venv", "tests", "docs", "artefacts"))
    return into


def slow_file(template: Path) -> None:
    """Give the template a file, somewhere in the middle, that takes Jinja minutes to render."""
    loop = (
        "{%cc for number in range(10 ** 5) cc%}{%cc for number in range(10 ** 5) cc%}{%cc endfor cc%}{%cc endfor cc%}"
    )
    (template / TEMPLATE.name / "slow").write_text(loop, encoding="utf-8")


def wait_until_there(folder: Path, pattern: str) -> None:
    """Wait for the first file of that pattern, at most a minute."""
    for _ in range(6000):
        if any(folder.glob(pattern)):
            return
        time.sleep(0.01)
    raise AssertionError(f"{pattern} was never written into {folder}")


def alive(word: str) -> list[str]:
    """The command lines of the processes that run in a folder of that name, or name it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = process.joinpath("cmdline").read_text(encoding="utf-8").replace("\0", " ")
            if int(process.name) != os.getpid() and (word in line or word in str(process.joinpath("cwd").readlink())):
                found.append(line)
        except OSError:  # it has ended meanwhile
            continue
    return found


def in_own_mounts(script: str) -> list[str]:
    """A command that runs the shell script where it may mount what nobody else sees; empty if none may here."""
    for unshare in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode
        ):
            return [*unshare, "sh", "-euc", script]
    return []
