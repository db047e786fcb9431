"""Run `provestatic` and three other tools on a planted failure, with the real commands of each."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import PRODUCTION, Completed, Site

from failures.planting import Fault, Place, Workshop

# The other tools are measured on the site without staticproof, because its checks are part of `check`.
# Compression takes most of the time of collectstatic and does not decide whether it succeeds.
SETTINGS = """\
from config.settings import *

INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "staticproof"]
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "core.W003"]  # else the healthy site fails with its example answers
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["css", "gif", "html", "ico", "js", "json", "md", "png", "svg", "txt"]
"""
WITHOUT_STATICPROOF = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "without_staticproof"}
TOOLS: dict[str, Callable[[Site], Completed]] = {
    "check --deploy": lambda site: site.manage(
        "check", "--deploy", "--fail-level", "WARNING", cwd=site.path, **WITHOUT_STATICPROOF
    ),
    "collectstatic": lambda site: site.manage("collectstatic", "--no-input", cwd=site.path, **WITHOUT_STATICPROOF),
    "djlint --lint": lambda site: site.tool("djlint", "--lint", "--quiet", "."),
}


@dataclass(frozen=True)
class Outcome:
    """The exit code of a tool and the lines of its output."""

    exit_code: int
    lines: tuple[str, ...]


class Measurement:
    """Measure the tools in one workshop; their outcome on the healthy site is measured once."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.healthy = self._outcomes(*TOOLS)

    def others(self, fault: Fault) -> dict[str, list[str]]:
        """Return the lines in which each of the other tools reports the failure, or an empty list.

        A tool reports a failure if its exit code is not the one for the healthy site, or if a new line of its output
        names a file of the failure. A total at the end of the output does not count. djLint reads only templates, so it
        runs only if one has changed.
        """
        healthy = self.healthy
        if fault.right:
            with self.workshop.planted(dataclasses.replace(fault, changes=fault.right, at=None)):
                healthy = self._outcomes(*TOOLS)
        templates = any(change.path.endswith(".html") for change in fault.changes)
        with self.workshop.planted(fault):
            faulty = self._outcomes(*TOOLS) if templates else self._outcomes("check --deploy", "collectstatic")
        names = {Path(path).name for path in (fault.file, *(change.path for change in fault.changes)) if path}
        return {tool: _reported(healthy[tool], outcome, names) for tool, outcome in faulty.items()}

    def _outcomes(self, *tools: str) -> dict[str, Outcome]:
        with self._disposable() as site:
            return {name: _outcome(TOOLS[name](site), site) for name in tools}

    @contextmanager
    def _disposable(self) -> Iterator[Site]:
        """Yield a copy of the site as it is now. With a wrong STATIC_ROOT, collectstatic may write into any folder."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "my-site")
            shutil.copytree(self.workshop.root, root, ignore=shutil.ignore_patterns(".venv", ".git"), symlinks=True)
            (root / ".venv").symlink_to((self.workshop.root / ".venv").resolve(), target_is_directory=True)
            (root / "without_staticproof.py").write_text(SETTINGS, encoding="utf-8")
            yield Site(root, "")


def provestatic(workshop: Workshop, fault: Fault) -> tuple[Place, list[Place]]:
    """Plant the fault and run `manage.py provestatic`; return the expected finding and all findings.

    Notes (level "info") are left out, except the expected one: they are about Django's and other packages' files.
    """
    with workshop.planted(fault) as expected:
        options = ["--collected"] * fault.collected
        site = workshop.site
        variables = {} if fault.development else PRODUCTION
        done = site.manage("provestatic", "--format", "json", *options, cwd=site.path, **variables)
    assert done.stdout, done.stderr
    findings = json.loads(done.stdout)["findings"]
    return expected, [
        _place(finding) for finding in findings if finding["level"] != "info" or _place(finding) == expected
    ]


def _outcome(done: Completed, site: Site) -> Outcome:
    output = (done.stdout + done.stderr).replace(f"{site.path}/", "")
    return Outcome(done.returncode, tuple(line for line in output.splitlines() if line.strip()))


def _reported(healthy: Outcome, faulty: Outcome, names: set[str]) -> list[str]:
    new = [line for line in faulty.lines if line not in healthy.lines]
    if faulty.exit_code != healthy.exit_code:
        return new or ["fails"]
    return [line for line in new if any(name in line for name in names)]


def _place(finding: dict[str, Any]) -> Place:
    return finding["id"], finding["file"], finding["line"]
