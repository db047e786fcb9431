"""`manage.py provestatic` in real projects, with and without faults."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from .conftest import Project
from .prover import Prover

SUMMARY = {
    "files": 4,
    "templates": 4,
    "references": 4,
    "unproven": 0,
    "pages": 1,
    "pages_need_login": 0,
    "pages_need_arguments": 1,
    "pages_failed": 0,
    "pages_other": 0,
    "pages_left": 0,
    "static_files_followed": 4,
    "static_files_served": 4,
    "static_files_left": 0,
    "error_pages": 5,
    "notes": 0,
}


def prove(project: Project, *options: str, exit_code: int) -> Any:
    """Run the proof and return its JSON."""
    done = project.manage("provestatic", "--format", "json", *options)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return json.loads(done.stdout)


def run(project: Project, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m staticproof` in a project."""
    return subprocess.run(
        [sys.executable, "-m", "staticproof", *arguments],
        cwd=project.root,
        env=project.environment() | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def paths(root: Path) -> set[str]:
    """Return all files of a project."""
    files = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
    return {str(path) for path in files if {".cache", "__pycache__"}.isdisjoint(path.parts)}


# --- A healthy site ---------------------------------------------------------------------------------------------------


def test_a_healthy_site_is_proven_and_not_changed(project: Project) -> None:
    before = paths(project.root)
    done = project.manage("provestatic")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Proven: every static file")
    assert [line.split()[0] for line in lines[1:]] == ["Collected", "Fetched", "Followed", "Templates", "Time"]
    assert paths(project.root) == before


def test_a_proof_can_wait_for_collectstatic(project: Project) -> None:
    command = [sys.executable, "manage.py", "provestatic", "--collected", "--wait", "--format", "json"]
    with subprocess.Popen(
        command, cwd=project.root, env=project.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as proof:
        with pytest.raises(subprocess.TimeoutExpired):
            proof.wait(4)  # everything except the collected files has been read by then
        collected = project.manage("collectstatic", "--no-input")
        assert collected.returncode == 0, collected.stderr
        stdout, _ = proof.communicate()  # closes its standard input
    assert json.loads(stdout)["ok"], stdout


def test_the_numbers_have_stable_names(project: Project) -> None:
    report = prove(project, exit_code=0)
    assert set(report) == {"version", "ok", "stage", "remarks", "findings", "summary", "folder"}
    assert (report["version"], report["ok"], report["stage"], report["findings"]) == (1, True, "served", [])
    numbers = report["summary"]
    assert {name: numbers[name] for name in SUMMARY} == SUMMARY
    assert set(numbers) == {*SUMMARY, "bytes_raw", "bytes_gzip", "bytes_brotli", "headers", "seconds"}
    assert numbers["bytes_raw"] > numbers["bytes_gzip"] > numbers["bytes_brotli"] > 0


@contextmanager
def deployed(prover: Prover, project: Project) -> Iterator[str]:
    """Serve the project as in a deploy without a proxy: collected, with gunicorn, on a free port."""
    project.replace("mysite/settings.py", "SECURE_SSL_REDIRECT = not DEBUG", "ALLOWED_HOSTS = ['127.0.0.1']")
    prover.collect(project.root)
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


def test_a_deployed_site_is_checked_by_its_responses(prover: Prover, project: Project) -> None:
    with deployed(prover, project) as url:
        report = prover.prove(project.root, url=url)
        assert report["findings"] == []
        assert (report["summary"]["pages"], report["summary"]["static_files_followed"]) == (1, 4)
        # The manifest still has the name but the file is missing. The response of the server decides.
        for variant in (project.root / "staticfiles/js").glob("site.*.js*"):
            variant.unlink()
        (finding,) = prover.prove(project.root, url=url)["findings"]
        assert finding["id"] == "staticproof.E086"
        assert finding["message"].startswith("/static/js/site.")


def test_a_site_that_does_not_respond_is_one_clear_line(prover: Prover, project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    assert prover.prove(project.root, url=url)["error"].startswith(f"{url} does not respond: ")


# --- The output ---------------------------------------------------------------------------------------------------


def test_findings_are_shown_with_place_and_hint(project: Project) -> None:
    project.replace("templates/base.html", "js/site.js", "js/sites.js")
    done = project.manage("provestatic", "--format", "github")
    assert done.returncode == 1
    assert done.stdout.splitlines()[:6] == [
        "::error file=templates/base.html,line=8,title=staticproof.E004::'js/sites.js' is in no static folder "
        "(with any storage)."
        "%0ADid you mean {%25 static 'js/site.js' %25}?",
        "templates/base.html",
        "  8  E004  'js/sites.js' is in no static folder (with any storage).",
        "           Did you mean {% static 'js/site.js' %}?",
        "",
        "Not proven: 1 error.",
    ]


def test_a_proof_that_cannot_run_is_one_clear_line(project: Project) -> None:
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", f"{text}\nraise RuntimeError('no key')\n")
    expected_text = "The site does not start as production: RuntimeError: no key"
    done = run(project, "--traceback", "--format", "json")
    assert done.returncode == 2
    report = json.loads(done.stdout)
    assert (report["version"], report["ok"], report["error"]) == (1, False, expected_text)
    assert "Traceback (most recent call last)" in done.stderr


@pytest.mark.parametrize(
    "options", [{"url": "www.example.com"}, {"url": "https://a.example", "collected": True}, {"wait": True}]
)
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=r"^--"):
        call_command("provestatic", **options)
