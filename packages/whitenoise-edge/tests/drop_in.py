"""Run WhiteNoise's own tests and Django's `staticfiles_tests` with this package in place of WhiteNoise's storage.

    uv run --isolated --with pip --with requests python tests/drop_in.py [folder]

Both suites run twice, in the installed versions: with WhiteNoise's storage, and with our storage, our `collectstatic`
and our WSGI application. A test that fails only with ours is an error. Django's tests come from its source
distribution. WhiteNoise's lacks a part of its tests, so they come from its repository, or from a clone of it in the
folder that WHITENOISE_REPOSITORY names.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

WHITENOISE = "whitenoise.storage"
OURS = "whitenoise_edge.storage"
CLASS = "CompressedManifestStaticFilesStorage"
REPOSITORY = os.environ.get("WHITENOISE_REPOSITORY", "https://github.com/evansd/whitenoise")

# (pattern, replacement) for the text of the tests. {storage} is the module of the storage to test.
DJANGO_STORAGE = [
    (r"django\.contrib\.staticfiles\.storage\.ManifestStaticFilesStorage", f"{{storage}}.{CLASS}"),
    (
        r"from django\.contrib\.staticfiles\.storage import ManifestStaticFilesStorage",
        f"from {{storage}} import {CLASS} as ManifestStaticFilesStorage",
    ),
    (r"(?<=\()storage\.ManifestStaticFilesStorage", f'__import__("{{storage}}", fromlist=["storage"]).{CLASS}'),
]
DJANGO_COMMAND = [
    (
        r"from django\.contrib\.staticfiles\.management\.commands import collectstatic.*",
        "\\g<0>\nfrom whitenoise_edge.management.commands.collectstatic import Command as OurCommand\n"
        "collectstatic.Command = OurCommand",
    ),
    (r'("|\')django\.contrib\.staticfiles\1,', '"whitenoise_edge", "django.contrib.staticfiles",'),
]
WHITENOISE_TESTS = [
    (rf"whitenoise\.storage\.{CLASS}", f"{OURS}.{CLASS}"),
    (
        rf"from whitenoise\.storage import {CLASS}, MissingFileError",
        f"from {OURS} import {CLASS}\nfrom whitenoise.storage import MissingFileError",
    ),
    (r"from django\.core\.wsgi import get_wsgi_application", "from whitenoise_edge.wsgi import get_wsgi_application"),
    (r"INSTALLED_APPS = \[", 'INSTALLED_APPS = ["whitenoise_edge", '),
]


class Result(NamedTuple):
    """The result of one run of a suite."""

    number: int
    failed: set[str]
    output: str


def main(folder: Path) -> int:
    """Run both suites both ways, print what failed, and return the exit status."""
    only_ours = []
    for name, run in {"Django": django, "WhiteNoise": whitenoise}.items():
        theirs, ours = run(folder)
        print(f"{name} {version(name)}, {theirs.number} tests with WhiteNoise's storage: {len(theirs.failed)} fail")
        print(f"{name} {version(name)}, {ours.number} tests with ours: {len(ours.failed)} fail")
        new = ours.failed - theirs.failed
        for test in sorted(new):
            print(f"  fails only with ours: {test}")
        if new or ours.number < theirs.number or not theirs.number:
            print(ours.output)
            only_ours.append(name)
    return 1 if only_ours else 0


def django(folder: Path) -> Iterable[Result]:
    """Run Django's tests."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps", "-d", str(folder)]
    subprocess.run([*command, f"Django=={version('Django')}"], check=True)
    (archive,) = folder.glob("[dD]jango-*.tar.gz")
    for name, replacements in ((WHITENOISE, DJANGO_STORAGE), (OURS, [*DJANGO_STORAGE, *DJANGO_COMMAND])):
        with tarfile.open(archive) as files:
            files.extractall(folder / name, filter="data")
        (tests,) = (folder / name).glob("*/tests")
        for path in (*(tests / "staticfiles_tests").glob("*.py"), tests / "runtests.py"):
            rewrite(path, replacements, name)
        done = subprocess.run(
            [sys.executable, "runtests.py", "staticfiles_tests", "--parallel=1"],
            cwd=tests,
            capture_output=True,
            text=True,
        )
        number = re.search(r"^Ran ([0-9]+) tests", done.stderr, re.MULTILINE)
        failed = set(re.findall(r"^(?:FAIL|ERROR): (.*)", done.stderr, re.MULTILINE))
        yield Result(int(number[1]) if number else 0, failed, done.stdout + done.stderr)


def whitenoise(folder: Path) -> Iterable[Result]:
    """Run WhiteNoise's tests."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", REPOSITORY, clone], check=True)
    log = ["git", "log", "--all", "-1", "--format=%H", f"--grep=^Version {version('whitenoise')}"]
    commit = subprocess.run(log, cwd=clone, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["git", "checkout", "-q", commit], cwd=clone, check=True)
    for name, replacements in (("theirs", []), ("ours", WHITENOISE_TESTS)):
        root = folder / name
        shutil.copytree(clone / "tests", root / "tests")
        for path in (root / "tests").glob("*.py"):
            rewrite(path, replacements, OURS)
        command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "--rootdir", ".", "tests"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        number = sum(map(int, re.findall(r"([0-9]+) (?:passed|failed|errors?)", done.stdout.splitlines()[-1])))
        failed = set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))
        yield Result(number, failed, done.stdout + done.stderr)


def rewrite(path: Path, replacements: Iterable[tuple[str, str]], storage: str) -> None:
    """Replace patterns in a file."""
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in replacements:
        text = re.sub(pattern, replacement.format(storage=storage), text)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(Path(temporary)))
