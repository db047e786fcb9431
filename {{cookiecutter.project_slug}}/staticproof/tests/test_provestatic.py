"""`manage.py provestatic`: real projects, run by their own `manage.py`, proven or not."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from .conftest import Project

SUMMARY = {
    "files": 4,
    "templates": 4,
    "references": 4,
    "unproven": 0,
    "pages": 1,
    "pages_need_login": 0,
    "pages_need_arguments": 1,
    "pages_other": 0,
    "static_files_followed": 4,
    "static_files_served": 4,
    "error_pages": 5,
    "notes": 0,
}


def prove(project: Project, *options: str, exit_code: int) -> Any:
    """Run the proof and return its JSON."""
    done = project.manage("provestatic", "--format", "json", *options)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return json.loads(done.stdout)


def settings(project: Project, lines: str) -> None:
    """Add lines to the settings of the project."""
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", f"{text}\n{lines}\n")


def paths(root: Path) -> set[str]:
    """All files of a project."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".cache" not in path.parts}


# --- A healthy site ---------------------------------------------------------------------------------------------------


def test_a_healthy_site_is_proven_and_left_as_it_was(project: Project) -> None:
    before = paths(project.root)
    done = project.manage("provestatic")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Proven: every static file")
    assert [line.split()[0] for line in lines[1:]] == ["Collected", "Fetched", "Followed", "Templates", "Time"]
    assert paths(project.root) == before


def test_the_numbers_have_stable_names(project: Project) -> None:
    report = prove(project, exit_code=0)
    assert set(report) == {"ok", "stage", "findings", "summary"}
    assert (report["ok"], report["stage"], report["findings"]) == (True, "served", [])
    numbers = report["summary"]
    assert {name: numbers[name] for name in SUMMARY} == SUMMARY
    assert set(numbers) == {*SUMMARY, "bytes_raw", "bytes_gzip", "bytes_brotli", "seconds", "headers"}
    assert numbers["bytes_raw"] > numbers["bytes_gzip"] > numbers["bytes_brotli"] > 0
    assert "immutable" in numbers["headers"]["cache-control"]


def test_a_real_gunicorn_serves_the_same(project: Project) -> None:
    report = prove(project, "--server", exit_code=0)
    assert {name: report["summary"][name] for name in SUMMARY} == SUMMARY
    assert report["summary"]["headers"]["server"] == "gunicorn"


def test_gunicorn_is_judged_by_its_own_answers(project: Project) -> None:
    project.write("gunicorn.conf.py", "def on_starting(server):\n    raise RuntimeError('no server today')\n")
    done = project.manage("provestatic", "--server")
    assert done.returncode == 1
    assert re.fullmatch(r"CommandError: gunicorn does not start: .*no server today\n", done.stderr)


@contextmanager
def deployed(project: Project) -> Iterator[str]:
    """The project as it would be deployed, without a proxy: collected, under gunicorn, on a free port."""
    settings(project, 'SECURE_SSL_REDIRECT = False\nALLOWED_HOSTS = ["127.0.0.1"]')
    assert project.manage("collectstatic", "--no-input").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "mysite.wsgi"],
            cwd=project.root,
            env=project.environment() | {"DEBUG": "False"},
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        process.terminate()
        process.wait(20)


def test_a_deployed_site_is_judged_by_its_answers(project: Project) -> None:
    with deployed(project) as url:
        report = prove(project, "--url", url, exit_code=0)
        assert report["findings"] == []
        assert (report["summary"]["pages"], report["summary"]["static_files_followed"]) == (1, 4)
        # The name stays, the content is gone: what visitors get is what counts.
        for variant in (project.root / "staticfiles/js").glob("site.*.js*"):
            variant.unlink()
        report = prove(project, "--url", url, exit_code=1)
        assert [finding["id"] for finding in report["findings"]] == ["staticproof.E086"]
        assert "/static/js/site." in report["findings"][0]["message"]


def test_a_site_that_gives_no_answer_is_one_clear_line(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = project.manage("provestatic", "--url", f"http://127.0.0.1:{port}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"CommandError: http://127.0.0.1:{port}/ gives no answer: ")
    assert done.stderr.count("\n") == 1


# --- How it is told ---------------------------------------------------------------------------------------------------


def test_findings_are_told_with_place_and_hint(project: Project) -> None:
    project.replace("templates/base.html", "js/site.js", "js/sites.js")
    done = project.manage("provestatic")
    assert done.returncode == 1
    assert done.stdout.splitlines()[:4] == [
        "templates/base.html:8: 'js/sites.js' is in no static folder. [staticproof.E004]",
        "    Did you mean {% static 'js/site.js' %}?",
        "",
        "Not proven: 1 error.",
    ]
    annotated = project.manage("provestatic", "--format", "github").stdout.splitlines()[0]
    assert annotated == (
        "::error file=templates/base.html,line=8,title=staticproof.E004::'js/sites.js' is in no static folder."
        "%0ADid you mean {%25 static 'js/site.js' %25}?"
    )


def test_a_proof_that_cannot_be_made_is_one_clear_line(project: Project) -> None:
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", f"{text}\nif not DEBUG:\n    raise RuntimeError('no key')\n")
    said = "The site does not start as production: RuntimeError: no key"
    done = project.manage("provestatic")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"CommandError: {said}\n")
    assert "Traceback (most recent call last)" in project.manage("provestatic", "--traceback").stderr
    report = prove(project, exit_code=1)
    assert (report["ok"], report["error"]) == (False, said)
    assert f"::error title=staticproof::{said}" in project.manage("provestatic", "--format", "github").stdout


@pytest.mark.parametrize("options", [{"url": "www.example.com"}, {"url": "https://a.example", "collected": True}])
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=r"^--"):
        call_command("provestatic", **options)


def test_sigterm_ends_the_server_too(project: Project) -> None:
    project.write("gunicorn.conf.py", 'workers = 1\ncontrol_socket_disable = True\npidfile = "server.pid"\n')
    # A page that takes long: the proof is in the middle of it when it is stopped.
    project.replace(
        "mysite/urls.py",
        "urlpatterns = [",
        'import time\n\nurlpatterns = [\n    path("slow/", lambda request: time.sleep(60)),',
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "provestatic", "--server"], cwd=project.root, env=project.environment()
    )
    pidfile = project.root / "server.pid"
    deadline = time.monotonic() + 30
    while not pidfile.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    server = Path("/proc", pidfile.read_text().strip())
    process.terminate()
    assert process.wait(30) == 143
    assert not server.exists()
