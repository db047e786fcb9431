"""`manage.py provestatic`: the whole proof, and its report."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from staticproof import baseline
from staticproof import report as reports
from staticproof.reading.contract import CHOICES
from staticproof.rehearsal import NotRunError, Request, rehearse

INTERRUPTED = 130  # what shells report after Ctrl-C
LIMIT = re.compile(r"(?P<number>\d+)(?P<unit>s|m|)")
STDOUT, STDERR = 1, 2


class Command(BaseCommand):
    """Prove that every static file the site refers to exists and is served correctly."""

    help = (
        "Prove that the static files work in production: read every template, stylesheet and script, collect to a "
        "temporary folder, request every page, and check each static file that the pages use. Nothing is changed: the "
        "databases are test databases, mail and tasks are discarded, connections to other machines are refused. "
        "Exit code 0: proven. Exit code 1: not proven."
    )
    requires_system_checks = []  # the proof runs them itself, with the settings of production

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--url", default="", help="check the running site at this address over HTTP")
        parser.add_argument(
            "--collected", action="store_true", help="prove STATIC_ROOT as it is: after collectstatic, before release"
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="with --collected: read the sources at once, but read STATIC_ROOT after the end of standard input",
        )
        parser.add_argument(
            "--as-if", choices=CHOICES, default="", help="assume that the storage of static files is of this kind"
        )
        pages = parser.add_argument_group("pages")
        pages.add_argument(
            "--with-data",
            action="store_true",
            help="read the existing databases, in sessions that cannot write, instead of empty test databases",
        )
        pages.add_argument(
            "--login",
            default="",
            metavar="USER",
            help="also fetch pages behind a login, as this user; a test database gets this user as a superuser",
        )
        pages.add_argument(
            "--include",
            action="append",
            default=[],
            metavar="PATH",
            help="fetch only this path, or the paths of a pattern such as '/blog/*'; may be repeated",
        )
        pages.add_argument(
            "--exclude", action="append", default=[], metavar="PATH", help="do not fetch these paths; may be repeated"
        )
        pages.add_argument(
            "--limit",
            action="append",
            default=[],
            metavar="N",
            help="stop after this number of pages (200) or this time (90s, 10m); may be repeated",
        )
        report = parser.add_argument_group("report")
        report.add_argument("--format", choices=["text", "json", "github"], default="text", help="default: text")
        report.add_argument("--output", metavar="FILE", help="write the report to this file")
        report.add_argument(
            "--fail-level",
            choices=["ERROR", "WARNING", "INFO"],
            default="ERROR",
            help="the lowest level of a finding that makes the proof fail; default: ERROR",
        )
        report.add_argument("--baseline", metavar="FILE", help="leave out the findings that this file lists")
        report.add_argument(
            "--update-baseline", action="store_true", help="with --baseline: write the findings to the file, and pass"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the proof. Exit with status 1 when it fails."""
        began = time.monotonic()
        request = self._request(options)
        if options["format"] == "json" and not options["output"]:
            self._drop_what_the_settings_printed()
        try:
            report = rehearse(request)
        except NotRunError as error:
            self._give_up(error, options)
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing is left behind.", returncode=INTERRUPTED) from None
        report.summary.seconds = round(time.monotonic() - began, 2)
        self._compare(report, options)
        fail_level = options["fail_level"].lower()
        data = report.as_dict(fail_level)
        with_notes = options["verbosity"] > 1 or fail_level == "info"
        if options["format"] == "json":
            self._write(json.dumps(data, indent=2, ensure_ascii=False), options)
        else:
            text = reports.text(report, self.style, fail_level, with_notes=with_notes)
            annotations = f"{reports.github(report)}\n" if options["format"] == "github" else ""
            self._write(annotations + text, options)
        if not data["ok"]:
            sys.exit(1)

    def _request(self, options: dict[str, Any]) -> Request:
        url = _checked(options["url"])
        if url and options["collected"]:
            raise CommandError("--collected proves this machine and --url a running site. Use only one of them.")
        if options["wait"] and not options["collected"]:
            raise CommandError("--wait needs --collected.")
        if options["update_baseline"] and not options["baseline"]:
            raise CommandError("--update-baseline needs --baseline FILE.")
        pages, seconds = _limits(options["limit"])
        return Request(
            collected=options["collected"],
            wait=options["wait"],
            as_if=options["as_if"],
            url=url,
            with_data=options["with_data"],
            login=options["login"],
            include=tuple(options["include"]),
            exclude=tuple(options["exclude"]),
            pages=pages,
            seconds=seconds,
            progress=sys.stderr.isatty() and options["verbosity"] > 0,
        )

    def _compare(self, report: reports.Report, options: dict[str, Any]) -> None:
        """Leave out the findings of the baseline, or write it."""
        if not options["baseline"]:
            return
        path = Path(options["baseline"])
        if options["update_baseline"]:
            report.remarks.append(f"{baseline.write(path, report.findings)} findings were written to {path}.")
            report.findings = []
            return
        try:
            new = baseline.new(report.findings, baseline.read(path))
        except baseline.BaselineError as error:
            raise CommandError(str(error)) from None
        if left_out := len(report.findings) - len(new):
            report.remarks.append(f"{left_out} findings are left out: {path} lists them.")
        report.findings = [dict(finding) for finding in new]

    def _write(self, text: str, options: dict[str, Any]) -> None:
        if options["output"]:
            Path(options["output"]).write_text(f"{text}\n", encoding="utf-8")
        else:
            self.stdout.write(text)

    @staticmethod
    def _drop_what_the_settings_printed() -> None:
        """Send the rest of stdout's buffer to stderr, so that only JSON is written to stdout.

        This works only when stdout is not a terminal and Python buffers it. `python -m staticproof` needs neither.
        """
        try:
            if sys.stdout.fileno() != STDOUT or sys.stdout.isatty():
                return
        except (OSError, ValueError, AttributeError):
            return  # replaced by a test or a notebook
        kept = os.dup(STDOUT)
        try:
            os.dup2(STDERR, STDOUT)
            sys.stdout.flush()
        finally:
            os.dup2(kept, STDOUT)
            os.close(kept)

    def _give_up(self, error: NotRunError, options: dict[str, Any]) -> None:
        """Report why the proof could not run, in one line or in the chosen format. Add the traceback on request."""
        if options["traceback"] and error.details:
            self.stderr.write(error.details)
        if options["format"] == "json":
            answer = {"version": reports.VERSION, "ok": False, "error": str(error), "findings": [], "summary": None}
            self._write(json.dumps(answer, indent=2), options)
            sys.exit(1)
        if options["format"] == "github":
            self._write(f"::error title=staticproof::{error}", options)
        raise CommandError(str(error)) from None


def _checked(url: str) -> str:
    """Return the address of a deployed site. Add a final slash when it has no path."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CommandError(f"--url needs a complete address, such as https://www.example.com/, not '{url}'.")
    return parts._replace(path=parts.path or "/", query="", fragment="").geturl()


def _limits(limits: list[str]) -> tuple[int, float]:
    """Return the maximum of pages and of seconds. 0 means no limit."""
    pages, seconds = 0, 0
    for limit in limits:
        found = LIMIT.fullmatch(limit)
        if not found or not int(found["number"]):
            raise CommandError(f"--limit needs a number of pages (200) or a time (90s, 10m), not '{limit}'.")
        if found["unit"]:
            seconds = int(found["number"]) * (60 if found["unit"] == "m" else 1)
        else:
            pages = int(found["number"])
    return pages, float(seconds)
