"""`manage.py provestatic` in real projects, with and without faults."""

import json
import re
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
        timeout=600,
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
    assert set(numbers) == {*SUMMARY, "bytes_raw", "bytes_gzip", "bytes_brotli", "seconds"}
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


FAULTS = {  # path in the site -> a text of the site, and the fault to write in its place, which is on one line
    "templates/base.html": ("{% static 'css/site.css' %}", "{% static 'css/stie.css' %}"),
    "blog/templates/blog/home.html": ("<img", "<!-- two\nlines -->\n<img src='/static/imgs/paper.svg' alt=''><img"),
    "static/css/site.css": ("/* Long", "\n\np { background: url(papre.svg) }\n/* Long"),
    "static/js/site.js": ("document", "\nimport './nowhere.js';\ndocument"),
    "mysite/settings.py": ('"whitenoise.middleware.WhiteNoiseMiddleware",', ""),
}
WORDS = {
    "templates/base.html": "css/stie.css",
    "blog/templates/blog/home.html": "/static/imgs/paper.svg",
    "static/css/site.css": "papre.svg",
    "static/js/site.js": "./nowhere.js",
    "mysite/settings.py": "MIDDLEWARE",
}


@pytest.fixture
def faulty(project: Project) -> Project:
    """Return a site with a fault in each kind of file, in a folder of a larger repository."""
    subprocess.run(["git", "init", "--quiet", str(project.root.parent)], check=True)
    for path, (old, new) in FAULTS.items():
        project.replace(path, old, new)
    return project


def test_annotations_and_sarif_point_at_the_lines_of_the_faults(faulty: Project) -> None:
    repository = faulty.root.parent
    done = run(faulty, "--format", "github", GITHUB_WORKSPACE=str(repository))
    assert done.returncode == 1
    annotated = re.findall(r"^::error file=(.*?),line=(\d+),title=staticproof\.E\d{3}::", done.stdout, re.MULTILINE)
    run(faulty, "--format", "sarif", "--output", str(repository / "report.sarif"))
    (sarif,) = json.loads((repository / "report.sarif").read_text(encoding="utf-8"))["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in sarif["results"] if result["level"] == "error"]
    located = [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places]
    for found in ([(file, int(line)) for file, line in annotated], located):
        assert {file for file, _ in found} == {f"project/{path}" for path in WORDS}
        for file, line in found:
            text = (repository / file).read_text(encoding="utf-8").splitlines()[line - 1]
            assert WORDS[file.removeprefix("project/")] in text


def test_colours_are_for_terminals_only(faulty: Project) -> None:
    coloured = run(faulty, "--force-color")
    assert "\x1b[" in coloured.stdout
    run(faulty, "--force-color", "--output", "report.txt")
    text = (faulty.root / "report.txt").read_text(encoding="utf-8")
    assert "\x1b[" not in text
    plain = re.sub(r"\x1b\[[\d;]*m", "", coloured.stdout)
    assert plain.partition("  Time")[0] == text.partition("  Time")[0]


def test_certain_corrections_are_shown_and_made(project: Project) -> None:
    project.replace("templates/base.html", "{% static 'css/site.css' %}", "{% static '/css/site.css' %}")
    faulty = (project.root / "templates/base.html").read_text(encoding="utf-8")
    shown = project.manage("provestatic", "--diff")
    assert shown.returncode == 1, shown.stderr
    assert [line for line in shown.stdout.splitlines() if line[:1] in "+-"] == [
        "--- a/templates/base.html",
        "+++ b/templates/base.html",
        """-  <link rel="stylesheet" href="{% static '/css/site.css' %}">""",
        """+  <link rel="stylesheet" href="{% static 'css/site.css' %}">""",
    ]
    assert (project.root / "templates/base.html").read_text(encoding="utf-8") == faulty
    fixed = project.manage("provestatic", "--fix")
    assert (fixed.returncode, fixed.stderr) == (0, "Fixed: templates/base.html\n")
    assert fixed.stdout.startswith("Proven: ")
    again = project.manage("provestatic", "--diff")
    assert (again.returncode, again.stdout.strip()) == (0, "")


def test_a_proof_that_cannot_run_is_one_clear_line(project: Project) -> None:
    text = (project.root / "mysite/settings.py").read_text(encoding="utf-8")
    project.write("mysite/settings.py", f"{text}\nraise RuntimeError('no key')\n")
    expected_text = "The site does not start as production: RuntimeError: no key"
    done = run(project, "--traceback", "--format", "json")
    assert done.returncode == 2
    report = json.loads(done.stdout)
    assert (report["version"], report["ok"], report["error"]) == (1, False, expected_text)
    assert "Traceback (most recent call last)" in done.stderr


def test_a_report_that_cannot_be_written_is_not_a_finding(project: Project) -> None:
    done = run(project, "--output", "missing/report.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The report cannot be written: ")


@pytest.mark.parametrize(
    "options", [{"url": "www.example.com"}, {"url": "https://a.example", "collected": True}, {"wait": True}]
)
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=r"^--"):
        call_command("provestatic", **options)
