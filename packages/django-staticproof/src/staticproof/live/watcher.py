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
        self._numbers: list[str] = []
        self._failure = ""

    def state(self, page: str) -> dict[str, Any]:
        """Return the state for the panel of a page: the findings, the number of further ones, and lines of numbers."""
        found = sorted([*self._findings, *self._pages.get(page, (0, []))[1]], key=lambda finding: -finding.level)
        return {
            "findings": [_as_dict(finding) for finding in found[:MOST]],
            "more": max(0, len(found) - MOST),
            "numbers": [self._failure] if self._failure else self._numbers,
        }

    def look_at_page(self, path: str, url: str, response: HttpResponse, tag: bytes) -> bool:
        """Keep what the policy of a page blocks. Return whether it allows the panel's script, which is ``tag``."""
        now, headers = time.time_ns(), {name.lower(): value for name, value in response.items()}
        blocked = csp.blocked(url, Response(response.status_code, headers, response.content))
        places.forget()  # the texts of the templates
        found = [finding for each in blocked if (finding := _of_page(path, each))]
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
                failure = f"The analysis of static files stopped, and is tried again: {one_line(error)}"
                if failure != self._failure:
                    sys.stderr.write(f"{failure}\n")
                self._failure, pause = failure, SHARE * INTERVAL
            time.sleep(max(INTERVAL, pause))

    def _analyse(self, stamps: Stamps) -> None:
        found = [finding for finding in analyse(third_party=False) if finding.level >= Level.WARNING]
        self._numbers = _numbers()
        if self._stamps is not None:  # the system checks have printed the first findings
            _print_changes(self._findings, found)
        self._stamps, self._findings, self._failure = stamps, found, ""
        for page, (requested, findings) in list(self._pages.items()):
            left = [each for each in findings if each.file is None or each.file.stat().st_mtime_ns < requested]
            self._pages[page] = (requested, left)
            _print_changes(findings, left)


def look() -> Stamps:
    """Return the modification time and size of each file of the site that the analysis reads, or whose name it uses.

    These are templates, stylesheets, scripts, Python, and all files in folders of static files. The results of the last
    proof are one more file.
    """
    roots = (settings.STATIC_ROOT, settings.MEDIA_ROOT)
    left_out = {Path(folder).resolve().as_posix() for folder in roots if folder}
    entries = [entry[1] if isinstance(entry, list | tuple) else entry for entry in settings.STATICFILES_DIRS]
    sources = tuple(f"{Path(entry).resolve().as_posix()}/" for entry in entries)
    stamps: Stamps = {}
    for below, folders, files in walk(base_dir(), lambda *_: None):
        folder = f"{base_dir().as_posix()}/{below}"
        is_static = "/static/" in f"/{below}" or folder.startswith(sources)
        folders[:] = [
            name
            for name in folders
            if name[0] != "." and name not in FOREIGN_FOLDERS and folder + name not in left_out and VENV not in files
        ]
        for path in (folder + name for name in files if is_static or name.endswith(READ)):
            with contextlib.suppress(OSError):  # the file is gone
                status = os.stat(path)  # noqa: PTH116 - a Path for each costs too much
                stamps[path] = (status.st_mtime_ns, status.st_size)
    if (proof := last_proof(base_dir())) and proof.exists():
        stamps[str(proof)] = (proof.stat().st_mtime_ns, 0)
    return stamps


def _of_page(path: str, blocked: csp.Blocked) -> Finding | None:
    """Return the finding for a blocked part of a page, or None when a package writes the page."""
    file, line = places.of_text(*blocked.written)
    if file is None and not places.is_own_view(path):
        return None
    message = NONCE.sub("'nonce-…'", f"The page {path} {blocked.fault}")  # the nonce is another one for each request
    return Finding(BLOCKED, Level.ERROR if file else Level.WARNING, message, blocked.hint, file, line)


def _print_changes(before: list[Finding], after: list[Finding]) -> None:
    """Print the findings that are new, and those that are repaired. A finding on another line is the same one."""
    style, known, current = color_style(), set(map(_identity, before)), set(map(_identity, after))
    gone = [finding for finding in before if _identity(finding) not in current]
    lines = [f"{style.SUCCESS('Repaired')}: {place(finding)} [{finding.id}]" for finding in gone]
    for finding in after:
        if _identity(finding) not in known:
            paint = style.ERROR if finding.level == Level.ERROR else style.WARNING
            lines.append(f"{place(finding)}: {finding.message} {paint(f'[{finding.id}]')}")
            lines += [f"    {hint}" for hint in finding.hint.splitlines()]
    if lines:
        sys.stderr.write("\n".join(lines) + "\n")


def _identity(finding: Finding) -> tuple[object, ...]:
    return (finding.id, finding.file, finding.message, finding.hint)


def _as_dict(finding: Finding) -> dict[str, Any]:
    code, quoted = CODE.search(finding.hint), QUOTED.findall(finding.hint)
    copied = code[0] if code else quoted[0] if len(quoted) == 1 else finding.hint
    result = {"id": finding.id, "place": place(finding), "message": finding.message, "hint": finding.hint}
    return {**result, "copy": copied, "error": finding.level == Level.ERROR}


def _numbers() -> list[str]:
    """Return the numbers of this analysis and of the last proof, in words."""
    now = statistics()
    lines = [f"{now['templates']} templates read, {now['references']} references proven."]
    file = last_proof(base_dir())
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # no proof yet, or one of another version
        proof = json.loads(file.read_text(encoding="utf-8")) if file else {}
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
