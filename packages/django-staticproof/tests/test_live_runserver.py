"""A real `runserver` with its reloader: what the terminal and the panel's URL say after a file was saved."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import Project
from .mistakes import HOME, MISTAKES

PATIENCE = 60.0  # seconds, for a busy machine


class Server:
    """`manage.py runserver` of a project, and its output so far."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.replace(
            "mysite/settings.py", "MIDDLEWARE = [", 'MIDDLEWARE = [\n    "staticproof.live.LiveMiddleware",'
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = project.root.parent / "log.txt"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", str(self.port)],
                cwd=project.root, env=project.environment() | {"PYTHONUNBUFFERED": "1", "ALLOWED_HOSTS": "127.0.0.1"},
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the body of a page. Wait while the server starts again."""

        def answer() -> tuple[int, str] | None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                connection.request("GET", path)
                response = connection.getresponse()
                return response.status, response.read().decode()
            return None

        found: tuple[int, str] = self.wait(answer)
        return found

    def ids(self, page: str = "/") -> list[str]:
        state = json.loads(self.get(f"/__staticproof__/state.json?page={page}")[1])
        return [finding["id"].removeprefix("staticproof.") for finding in state["findings"]]

    def save_and_restart(self, file: str, text: str) -> None:
        """Save a file of Python until the reloader notices, because a new one does not see a very early save."""
        noticed, started = self.output.count("changed, reloading"), self.output.count("Starting")

        def save() -> bool:
            self.project.write(file, text)
            time.sleep(3)
            return self.output.count("changed, reloading") > noticed

        self.wait(save)
        self.wait(lambda: self.output.count("Starting") > started)

    def wait_for(self, *ids: str) -> None:
        """Wait until the panel of the home page has these findings."""
        self.wait(lambda: self.ids() == list(ids))

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Wait until a condition is true, and return its value."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            assert time.monotonic() < deadline, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.05)
        return value


@pytest.fixture
def server(project: Project) -> Iterator[Server]:
    server = Server(project)
    try:
        server.wait(lambda: json.loads(server.get("/__staticproof__/state.json")[1])["numbers"])
        yield server
    finally:
        server.process.terminate()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, 15)  # the child of the reloader
        server.process.wait(PATIENCE)


def test_each_mistake_is_shown_and_goes_away(project: Project, server: Server) -> None:
    for number, file, text, replacement in MISTAKES.values():
        healthy = (project.root / file).read_text(encoding="utf-8")
        project.replace(file, text, replacement)
        server.wait_for(number)
        wrong = server.output.splitlines()[-2:]
        assert wrong[0].startswith(f"{file}:")
        assert f"[staticproof.{number}]" in wrong[0]
        assert wrong[1].startswith("    "), "the correction"
        server.get("/")  # an error page for the first mistake

        project.write(file, healthy)
        server.wait_for()
        assert f"Repaired: {file}:" in server.output
        assert server.get("/")[0] == 200
    assert "/__staticproof__/" not in server.output, "the requests of the panel are not logged"


def test_python_saved_with_a_mistake_in_place(project: Project, server: Server) -> None:
    """The server starts again, and repairing the template is seen by the new process."""
    project.replace(HOME, "dot.svg", "missing.svg")
    server.wait_for("E004")
    server.save_and_restart("mysite/urls.py", (project.root / "mysite/urls.py").read_text(encoding="utf-8"))
    assert server.ids() in ([], ["E004"])  # empty until the first analysis
    server.wait_for("E004")
    project.replace(HOME, "missing.svg", "dot.svg")
    server.wait(lambda: server.ids() == [] and "Repaired" in server.output)
    assert server.get("/")[0] == 200


def test_broken_templates_do_not_stop_the_server(project: Project, server: Server) -> None:
    healthy = (project.root / HOME).read_text(encoding="utf-8")
    for text in ("{% if %}", "{% static %}", "{% extends %}", "\0\1\2", "{% block main %}" * 500, ""):
        project.write(HOME, text)
        assert server.get("/")[0] in {200, 500}
        project.write(HOME, healthy)
        server.wait(lambda: server.get("/")[0] == 200 and server.ids() == [])


def test_settings_in_the_middle_of_saving(project: Project, server: Server) -> None:
    """Django's reloader waits for the next save, unless the settings have a syntax error: that ends `runserver`."""
    healthy = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", healthy.replace('["blog", ', '["blo", '))
    server.wait(lambda: "No module named 'blo'" in server.output)
    server.save_and_restart("mysite/settings.py", healthy)
    server.wait(lambda: server.get("/")[0] == 200 and server.ids() == [])


def test_files_that_come_and_go(project: Project, server: Server) -> None:
    """New, renamed and deleted files, folders and links, while the server looks at them."""
    for turn in range(40):
        for name in ("a.css", "b.html", "deep/er/c.js"):
            project.write(f"static/new/{turn % 3}/{name}", f"/* {turn} */")
        loop = project.root / "static/loop"
        loop.unlink(missing_ok=True)
        loop.symlink_to(loop if turn % 2 else project.root / "static")
        for file in sorted((project.root / "static/new").rglob("*.css")):
            file.rename(file.with_suffix(".txt"))
    loop.unlink()
    server.wait_for()
    assert server.get("/")[0] == 200
    assert "Traceback" not in server.output


def test_a_new_file_repairs_a_reference(project: Project, server: Server) -> None:
    project.replace(HOME, "dot.svg", "new.svg")
    server.wait_for("E004")
    project.write("blog/static/blog/imgs/new.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    server.wait_for()
