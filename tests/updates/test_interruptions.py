"""A generation that is stopped, or cannot go on, leaves nothing half-made and nothing of the user's lost."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from conftest import Completed
from terminals import Terminal, alive, command, copied_template, environment, in_own_mounts, slow_file, wait_until_there

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no pseudo-terminals, signals and mounts like these"
)


def generate(tmp_path: Path, *arguments: str, slug: str = "my-site") -> Completed:
    """A generation without uv, since what is looked at here happens before it would be needed."""
    return run(command(tmp_path / "sites", "--no-input", f"project_slug={slug}", *arguments), tmp_path)


def run(command: list[str], tmp_path: Path) -> Completed:
    (tmp_path / "sites").mkdir(exist_ok=True)
    without_uv = environment(tmp_path / "home") | {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "UV": "/nowhere/uv"}
    return subprocess.run(
        command, cwd=tmp_path, env=without_uv, capture_output=True, text=True, check=False, timeout=120
    )


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "sites").iterdir())


# --- Ctrl-C ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    return tmp_path / "home"


@pytest.mark.parametrize("answers", [[], ["Boats", "boats"]], ids=["the first", "a later one"])
def test_ctrl_c_at_a_question_leaves_nothing(tmp_path: Path, home: Path, answers: list[str]) -> None:
    terminal = Terminal(command(tmp_path / "sites"), home)
    for answer in answers:
        terminal.wait_for("): ")
        terminal.type(answer)
    terminal.wait_for("): ")
    code, said = terminal.stop()
    assert code == 1
    assert "Aborted!" in said
    assert "Traceback" not in said
    assert left(tmp_path) == []


@pytest.fixture
def writing(tmp_path: Path, home: Path) -> list[str]:
    """A command that has long to write, so that it can be stopped in the midst of it."""
    template = copied_template(tmp_path / "template")
    slow_file(template)
    return command(tmp_path / "sites", "--no-input", template=template)


def test_ctrl_c_while_files_are_written_leaves_nothing(tmp_path: Path, home: Path, writing: list[str]) -> None:
    terminal = Terminal(writing, home)
    wait_until_there(tmp_path, "sites/my-site/manage.py")
    code, said = terminal.stop()
    assert code == 1
    assert f"{tmp_path}/sites/my-site has been removed: nothing is left of it." in said
    assert "Traceback" not in said
    assert left(tmp_path) == []


def test_ctrl_c_while_files_are_overwritten_keeps_what_was_there(
    tmp_path: Path, home: Path, writing: list[str]
) -> None:
    mine = tmp_path / "sites" / "my-site" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    terminal = Terminal([*writing, "--overwrite-if-exists"], home)
    wait_until_there(mine.parent, "manage.py")
    code, said = terminal.stop()
    assert code == 1
    assert f"{mine.parent} stays" in said
    assert "Traceback" not in said
    assert mine.read_text() == "precious"


@pytest.mark.parametrize(
    ("stage", "times"),
    [("Installing the site", 1), ("Collecting its static files", 3), ("Proving every static reference", 1)],
    ids=["installing", "collecting, by an impatient user", "proving"],
)
def test_ctrl_c_in_the_hook_leaves_nothing(tmp_path: Path, home: Path, stage: str, times: int) -> None:
    terminal = Terminal(command(tmp_path / "sites", "--no-input", "project_slug=stopped-site"), home)
    terminal.wait_for(stage)
    time.sleep(0.5)  # the title comes first, then the command starts
    code, said = terminal.stop(times)
    assert code == 1, said
    assert "Stopped." in said
    assert "cookiecutter --replay" in said
    assert "stopped-site has been removed: nothing is left of it." in said
    assert "Traceback" not in said
    assert left(tmp_path) == []
    assert alive(str(tmp_path / "sites")) == []


SLOW_TO_END = """#!/bin/sh
trap : INT
sh -c 'trap "sleep 1; mkdir -p $PWD/.venv/late; exit" INT; mkdir .venv; sleep 60 & wait'
"""
# As in a user's shell, which outlives the command: a terminal whose first process ends takes all others with it.
IN_A_SHELL = ["sh", "-c", 'trap : INT; "$@"; code=$?; sleep 3; exit $code', "sh"]


def test_ctrl_c_waits_for_what_the_hook_has_started(tmp_path: Path, home: Path) -> None:
    """In place of uv stands a program whose own child is sure to write once more after Ctrl-C, as uv's only may."""
    slow = tmp_path / "uv"
    slow.write_text(SLOW_TO_END)
    slow.chmod(0o755)
    terminal = Terminal([*IN_A_SHELL, *command(tmp_path / "sites", "--no-input")], home, UV=str(slow))
    wait_until_there(tmp_path, "sites/my-site/.venv")
    code, said = terminal.stop()
    assert code == 1
    assert "my-site has been removed: nothing is left of it." in said
    assert left(tmp_path) == []


def test_ctrl_c_in_the_hook_keeps_what_was_there_before(tmp_path: Path, home: Path) -> None:
    mine = tmp_path / "sites" / "my-site" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    terminal = Terminal(command(tmp_path / "sites", "--no-input", "--overwrite-if-exists"), home)
    terminal.wait_for("Installing the site")
    time.sleep(0.5)
    code, said = terminal.stop()
    assert code == 1
    assert f"{mine.parent} stays" in said
    assert mine.read_text() == "precious"


# --- A disk that is full, a folder that may not be written ------------------------------------------------------------


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk wherever no file system may be mounted."""
    limited = ["sh", "-euc", 'ulimit -f 16; exec "$@"', "sh", *command(tmp_path / "sites", "--no-input")]
    assert_given_up(tmp_path, run(limited, tmp_path), "File too large")


def assert_given_up(tmp_path: Path, done: Completed, reason: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert reason in said
    assert "my-site has been removed: nothing is left of it." in said
    assert "then run the command again" in said
    assert "Traceback" not in said
    assert left(tmp_path) == []


def mounted(tmp_path: Path, options: str, *arguments: str) -> Completed:
    """Generate into a small file system of its own, with that option of mount; list at the end what is in there."""
    script = (
        f"mount -t tmpfs -o size=256k,{options} none '{tmp_path}/sites'; "
        f'code=0; "$@" || code=$?; ls -A "{tmp_path}/sites"; exit $code'
    )
    confined = in_own_mounts(script)
    if not confined:
        pytest.skip("this machine lets nobody mount a file system, not even in a namespace of its own")
    return run([*confined, "sh", *command(tmp_path / "sites", "--no-input", *arguments)], tmp_path)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    done = mounted(tmp_path, "rw")
    assert_given_up(tmp_path, done, "No space left on device")
    assert done.stdout == "", "the folder was not removed"


def test_a_read_only_folder_is_said_to_be_one(tmp_path: Path) -> None:
    done = mounted(tmp_path, "ro")
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: {tmp_path}/sites/my-site: Read-only file system.\n"
        "Choose a folder that you may write to, with --output-dir, then run the command again.\n"
    )
    assert done.stdout == ""


# --- Something is there already -------------------------------------------------------------------------------------


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "sites" / "my-site" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    done = generate(tmp_path)
    assert done.returncode == 1
    assert "my-site already exists. Choose another folder with --output-dir" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_a_link_to_a_folder_is_left_alone_too(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "my-site").symlink_to(tmp_path / "elsewhere")
    done = generate(tmp_path)
    assert done.returncode == 1
    assert "already exists. Choose another folder" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_with_force_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    mine = tmp_path / "elsewhere" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "my-site").symlink_to(mine.parent)
    done = generate(tmp_path, "--overwrite-if-exists")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sites" / "my-site").is_symlink()
    assert (mine.parent / "manage.py").is_file()
    assert mine.read_text() == "precious"


@pytest.mark.parametrize("force", [(), ("--overwrite-if-exists",)], ids=["without force", "with force"])
@pytest.mark.parametrize("kind", ["a link to nowhere", "a file"])
def test_what_is_no_folder_is_left_alone_with_force_too(tmp_path: Path, kind: str, force: tuple[str, ...]) -> None:
    there = tmp_path / "sites" / "my-site"
    there.parent.mkdir()
    if kind == "a file":
        there.write_text("precious")
    else:
        there.symlink_to("nowhere")
    done = generate(tmp_path, *force)
    assert done.returncode == 1
    assert f"already exists, and is {kind}. Rename it, or choose another project_slug." in done.stderr
    assert "Traceback" not in done.stderr
    assert there.read_text() == "precious" if kind == "a file" else str(there.readlink()) == "nowhere"


# --- What is told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("option", "traceback"), [("--no-input", False), ("--verbose", True)])
def test_a_failed_hook_is_told_without_a_traceback_unless_asked_for(
    tmp_path: Path, option: str, traceback: bool
) -> None:
    template = copied_template(tmp_path / "template")
    (template / "hooks" / "post_gen_project.py").write_text("raise SystemExit(3)")
    done = run(command(tmp_path / "sites", "--no-input", option, template=template), tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "my-site has been removed: nothing is left of it." in said
    assert "Hook script failed (exit status: 3)" in said
    assert ("Traceback" in said) is traceback
    assert left(tmp_path) == []
