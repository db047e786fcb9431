"""What the tools of today say of a planted failure: the real commands, run as a project's checks run them."""

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

from staticproof.planting import Fault, Place, Workshop

# The tools are measured on the site as it would be without staticproof: its checks are part of Django's otherwise.
# Compressing takes most of collectstatic's time and has no say in whether it succeeds.
SETTINGS = """\
from config.settings import *

INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "staticproof"]
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
    """How a tool has ended, and the lines that it has written."""

    exit_code: int
    lines: tuple[str, ...]


class Measurement:
    """Measures the tools in one workshop; what they say of the healthy site is asked once."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.healthy = self._outcomes()

    def staticproof(self, fault: Fault) -> bool:
        """Whether `provestatic` gives the finding at its place, and no other."""
        with self.workshop.planted(fault) as expected:
            options = ["--collected"] * fault.collected
            site = self.workshop.site
            done = site.manage("provestatic", "--format", "json", *options, cwd=site.path, **PRODUCTION)
        return [_place(finding) for finding in json.loads(done.stdout)["findings"]] == [expected]

    def others(self, fault: Fault) -> dict[str, list[str]]:
        """What each tool says of the failure that it does not say of the site without it; nothing when it is silent.

        It must fail, or name a file of the failure: a count at the end of a list tells nobody what to mend.
        """
        healthy = self.healthy
        if fault.right:
            with self.workshop.planted(dataclasses.replace(fault, changes=fault.right, at=None)):
                healthy = self._outcomes()
        with self.workshop.planted(fault):
            faulty = self._outcomes()
        names = {Path(path).name for path in (fault.file, *(change.path for change in fault.changes)) if path}
        return {tool: _told(healthy[tool], outcome, names) for tool, outcome in faulty.items()}

    def _outcomes(self) -> dict[str, Outcome]:
        with self._disposable() as site:
            return {name: _outcome(tool(site), site) for name, tool in TOOLS.items()}

    @contextmanager
    def _disposable(self) -> Iterator[Site]:
        """A copy of the site as it is now: collectstatic writes to wherever a wrong STATIC_ROOT leads."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "my-site")
            shutil.copytree(self.workshop.root, root, ignore=shutil.ignore_patterns(".venv", ".git"), symlinks=True)
            (root / ".venv").symlink_to((self.workshop.root / ".venv").resolve(), target_is_directory=True)
            (root / "without_staticproof.py").write_text(SETTINGS, encoding="utf-8")
            yield Site(root, "")


def _outcome(done: Completed, site: Site) -> Outcome:
    said = (done.stdout + done.stderr).replace(f"{site.path}/", "")
    return Outcome(done.returncode, tuple(line for line in said.splitlines() if line.strip()))


def _told(healthy: Outcome, faulty: Outcome, names: set[str]) -> list[str]:
    new = [line for line in faulty.lines if line not in healthy.lines]
    if faulty.exit_code != healthy.exit_code:
        return new or ["fails"]
    return [line for line in new if any(name in line for name in names)]


def _place(finding: dict[str, Any]) -> Place:
    return finding["id"], finding["file"], finding["line"]
