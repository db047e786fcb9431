"""The owner's commands and the development server go on, whatever is wrong with a reference to a static file."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from browser.test_live import MISTAKES
from conftest import Site
from servers import free_port, get, served

LOCALHOST = {"Host": "localhost"}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_commands_work_with_a_mistake_in_place(copy: Site, mistake: str) -> None:
    number, file, old, new, _ = MISTAKES[mistake]
    change(copy.path / file, old, new)
    for command in (["migrate", "--verbosity", "0"], ["makemigrations", "--check"], ["startapp", "boats"]):
        done = copy.manage(*command)
        assert done.returncode == 0, done.stderr
        # Django runs the checks for the first two; `startapp` needs none.
        assert (f"staticproof.{number}" in done.stderr) == (command[0] != "startapp")


def test_a_saved_python_file_with_every_mistake_in_place(copy: Site, tmp_path: Path) -> None:
    """The server starts again, and repairing the files afterwards brings the page back."""
    assert copy.manage("migrate", "--verbosity", "0").returncode == 0
    port = free_port()
    log = tmp_path / "log"
    with served([str(copy.python), "manage.py", "runserver", str(port)], copy.path, log, port) as server:

        def wait(condition: Callable[[], Any]) -> None:
            deadline = time.monotonic() + 120
            while not condition():
                assert time.monotonic() < deadline, log.read_text()
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)

        def logged(text: str) -> int:
            return log.read_text().count(text)

        def is_more(starts: int) -> bool:
            return logged("Starting ") > starts

        def status(path: str) -> int:
            try:
                return get(port, path, LOCALHOST)[0].status
            except OSError:  # the server starts again
                return 0

        def analysed() -> bool:
            return status("/") == 200 and b"templates read" in get(port, "/__staticproof__/state.json", LOCALHOST)[1]

        def save_python(noticed: int) -> bool:
            """Save until the reloader notices, because a new one does not see a very early save."""
            change(copy.path / "pages/views.py", "\n", "\n# saved\n")
            time.sleep(3)
            return logged("changed, reloading") > noticed

        wait(analysed)
        healthy = {file: (copy.path / file).read_text() for _, file, *_ in MISTAKES.values()}
        for number, file, old, new, _ in MISTAKES.values():
            (copy.path / file).write_text(healthy[file])
            change(copy.path / file, old, new)
            wait(partial(logged, f"[staticproof.{number}]"))
            starts = logged("Starting ")
            wait(partial(save_python, logged("changed, reloading")))
            wait(partial(is_more, starts))
            wait(analysed)
        for file, text in healthy.items():
            (copy.path / file).write_text(text)
        wait(lambda: b'"findings": []' in get(port, "/__staticproof__/state.json", LOCALHOST)[1])
        wait(lambda: status("/about/") == 200)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
