"""Analyse the site again when a file has changed, and print new and repaired findings in the terminal."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.color import color_style
from django.http import HttpResponse

from ..analysis import analyse, statistics
from ..cache_folder import last_proof
from ..checks import place
from ..findings import Finding, Level
from ..project import FOREIGN_FOLDERS, base_dir, walk
from ..reading.discovery import SUFFIXES
from ..rehearsal import one_line
from ..serving import csp, places
from ..serving.clients import Response
from ..silence import unsilenced

INTERVAL = 0.2  # seconds between two looks at the files
SHARE = 10  # on a site with many files: this multiple of the time that a look takes
READ = (*SUFFIXES, ".py", ".toml")
VENV = "pyvenv.cfg"  # a file of each virtual environment
MOST = 50  # findings in the panel
BLOCKED = 88  # rule S8
NONCE = re.compile(r"'nonce-[^']+'")
CODE = re.compile(r"<\w[^>]+>|\{%.+?%\}")
QUOTED = re.compile(r"(?<!\w)'([^']+)'(?!\w)")

Stamps = dict[str, tuple[int, int]]


class Watcher:
    """A thread that watches the files of the site for as long as the server runs. No error stops it."""

    def __init__(self) -> None:
        self._stamps: Stamps | None = None
        self._findings: list[Finding] = []
        self._pages: dict[str, tuple[int, list[Finding]]] = {}  # the time of the request, in nanoseconds
        self._numbers: list[str] = []  # lines for the panel: numbers, or why there are none

    def state(self, page: str) -> dict[str, Any]:
        """Return the state for the panel of a page: the findings, the number of further ones, and lines of numbers."""
        found = sorted([*self._findings, *self._pages.get(page, (0, []))[1]], key=lambda finding: -finding.level)
        shown = [_as_dict(finding) for finding in found[:MOST]]
        return {"findings": shown, "more": len(found) - len(shown), "numbers": self._numbers}

    def look_at_page(self, path: str, url: str, response: HttpResponse, tag: bytes) -> bool:
        """Keep what the policy of a page blocks. Return whether it allows the panel's script, which is ``tag``."""
        now, headers = time.time_ns(), {name.lower(): value for name, value in response.items()}
        places.forget()  # the texts of the templates
        blocked = csp.blocked(url, Response(response.status_code, headers, response.content))
        found = unsilenced([finding for each in blocked if (finding := _of_page(path, each))])
        _, before = self._pages.pop(path, (0, []))
        if found:
            self._pages[path] = (now, found)
        _print_changes(before, found)
        return not csp.blocked(url, Response(200, headers, tag))

    def run(self) -> None:
        """Look at the files until the process ends."""
        while True:
            started = time.monotonic()
            try:
                stamps = look()
                pause = SHARE * (time.monotonic() - started)
                if stamps != self._stamps:
                    self._analyse(stamps)
            except Exception as error:  # noqa: BLE001 - the server goes on, whatever a half-saved file causes
                failure, pause = f"The analysis stopped, and is tried again: {one_line(error)}", SHARE * INTERVAL
                if [failure] != self._numbers:
                    sys.stderr.write(f"{failure}\n")
                self._numbers = [failure]
            time.sleep(max(INTERVAL, pause))

    def _analyse(self, stamps: Stamps) -> None:
        found = [finding for finding in analyse(third_party=False) if finding.level >= Level.WARNING]
        if self._stamps is not None:  # the system checks have printed the first findings
            _print_changes(self._findings, found)
        self._stamps, self._findings, self._numbers = stamps, found, _numbers()
        for page, (requested, findings) in list(self._pages.items()):
            left = [each for each in findings if each.file is None or each.file.stat().st_mtime_ns < requested]
            self._pages[page] = (requested, left)
            _print_changes(findings, left)


def look() -> Stamps:
    """Return the modification time and size of each file of the site that the analysis reads, or whose name it uses.

    These are templates, stylesheets, scripts, Python, and all files in folders of static files. The results of the last
    proof are one more file.
    """
    left_out = {_posix(folder) for folder in (settings.STATIC_ROOT, settings.MEDIA_ROOT) if folder}
    entries = [entry[1] if isinstance(entry, list | tuple) else entry for entry in settings.STATICFILES_DIRS]
    sources = tuple(f"{_posix(entry)}/" for entry in entries)
    root = base_dir()
    stamps: Stamps = {}
    for below, folders, files in walk(root, lambda *_: None):
        folder = f"{root.as_posix()}/{below}"
        is_static = "/static/" in f"/{below}" or folder.startswith(sources)
        folders[:] = [] if VENV in files else [name for name in folders if not name.startswith(".")]
        folders[:] = [name for name in folders if name not in FOREIGN_FOLDERS and folder + name not in left_out]
        for path in (folder + name for name in files if is_static or name.endswith(READ)):
            with contextlib.suppress(OSError):  # the file is gone
                status = os.stat(path)  # noqa: PTH116 - a Path for each costs too much
                stamps[path] = (status.st_mtime_ns, status.st_size)
    if (proof := last_proof(root)) and proof.exists():
        stamps[str(proof)] = (proof.stat().st_mtime_ns, 0)
    return stamps


def _posix(folder: Any) -> str:
    return Path(folder).resolve().as_posix()


def _of_page(path: str, blocked: csp.Blocked) -> Finding | None:
    """Return the finding for a blocked part of a page, or None when a package writes the page."""
    file, line = places.of_text(*blocked.written)
    if file is None and not places.is_own_view(path):
        return None
    message = NONCE.sub("'nonce-…'", f"The page {path} {blocked.fault}")  # the nonce is another one for each request
    return Finding(BLOCKED, Level.ERROR if file else Level.WARNING, message, blocked.hint, file, line)


def _print_changes(before: list[Finding], after: list[Finding]) -> None:
    """Print the findings that are new, and those that are repaired. A finding on another line is the same one."""
    known, current = ({replace(finding, line=None) for finding in findings} for findings in (before, after))
    style, gone = color_style(), [finding for finding in before if replace(finding, line=None) not in current]
    lines = [f"{style.SUCCESS('Repaired')}: {place(finding)} [{finding.id}]" for finding in gone]
    for finding in after:
        if replace(finding, line=None) not in known:
            paint = style.ERROR if finding.level == Level.ERROR else style.WARNING
            lines.append(f"{place(finding)}: {finding.message} {paint(f'[{finding.id}]')}")
            lines += [f"    {hint}" for hint in finding.hint.splitlines()]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _as_dict(finding: Finding) -> dict[str, Any]:
    code, quoted = CODE.search(finding.hint), QUOTED.findall(finding.hint)
    copied = code[0] if code else quoted[0] if len(quoted) == 1 else finding.hint
    result = {"id": finding.id, "place": place(finding), "message": finding.message, "hint": finding.hint}
    return {**result, "copy": copied, "error": finding.level == Level.ERROR}


def _numbers() -> list[str]:
    """Return the numbers of this analysis and of the last proof, in words."""
    now = statistics()
    lines = [f"{now['templates']} templates read, {now['references']} references proven."]
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # no proof yet, or one of another version
        proof = json.loads((last_proof(base_dir()) or Path()).read_text(encoding="utf-8"))
        pages, files, followed = (proof["summary"][key] for key in ("pages", "files", "static_files_followed"))
        outcome = "passed" if proof["ok"] else "failed"
        return [*lines, f"The last proof {outcome}: {pages} pages, {followed} of {files} static files fetched."]
    return [*lines, "No proof yet: run manage.py provestatic."]


@functools.cache
def watcher() -> Watcher:
    """Return the watcher of this process. The first call starts its thread."""
    started = Watcher()
    threading.Thread(target=started.run, name="staticproof", daemon=True).start()
    return started
