"""`manage.py provestatic`: the whole proof, and its report."""

from __future__ import annotations

import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from staticproof import report as reports
from staticproof.rehearsal import NotRunError, Request, rehearse

INTERRUPTED = 130  # what shells report after Ctrl-C


class Command(BaseCommand):
    """Prove that every static file the site names is there and is served as it must be."""

    help = (
        "Prove the static files as production would serve them: read every template, stylesheet and script, collect "
        "to a temporary folder, serve every page, check each static file that they name. Exit 0: proven. Exit 1: not."
    )
    requires_system_checks = []  # the proof makes them itself, under the settings of production

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--server", action="store_true", help="serve with gunicorn, as gunicorn.conf.py says")
        how.add_argument("--url", default="", help="judge the deployed site at this address by its answers")
        parser.add_argument(
            "--collected", action="store_true", help="prove STATIC_ROOT as it is: after collectstatic, before release"
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="with --collected: read the sources meanwhile, but await the end of standard input",
        )
        parser.add_argument("--format", choices=["text", "json", "github"], default="text", help="default: text")
        parser.add_argument(
            "--fail-level",
            choices=["ERROR", "WARNING", "INFO"],
            default="ERROR",
            help="the least level of a finding that makes the proof fail; default: ERROR",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the proof; ends the process with status 1 when it fails."""
        began = time.monotonic()
        url = _checked(options["url"])
        if url and options["collected"]:
            raise CommandError("--collected is about this machine, --url about another: choose one.")
        if options["wait"] and not options["collected"]:
            raise CommandError("--wait is for what is being collected at the same time: add --collected.")
        request = Request(
            collected=options["collected"],
            wait=options["wait"],
            server=options["server"],
            url=url,
            progress=sys.stderr.isatty() and options["verbosity"] > 0,
        )
        try:
            report = rehearse(request)
        except NotRunError as error:
            self._give_up(error, options)
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing is left behind.", returncode=INTERRUPTED) from None
        report.summary.seconds = round(time.monotonic() - began, 2)
        fail_level = options["fail_level"].lower()
        data = report.as_dict(fail_level)
        if options["format"] == "json":
            self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False))
        else:
            if options["format"] == "github":
                self.stdout.write(reports.github(report))
            with_notes = options["verbosity"] > 1 or fail_level == "info"
            self.stdout.write(reports.text(report, self.style, fail_level, with_notes=with_notes))
        if not data["ok"]:
            sys.exit(1)

    def _give_up(self, error: NotRunError, options: dict[str, Any]) -> None:
        """Say why there is no proof: in one line, or in the chosen format; with its traceback on request."""
        if options["traceback"] and error.details:
            self.stderr.write(error.details)
        if options["format"] == "json":
            answer = {"version": reports.VERSION, "ok": False, "error": str(error), "findings": [], "summary": None}
            self.stdout.write(json.dumps(answer, indent=2))
            sys.exit(1)
        if options["format"] == "github":
            self.stdout.write(f"::error title=staticproof::{error}")
        raise CommandError(str(error)) from None


def _checked(url: str) -> str:
    """The address of a deployed site, with a final slash where it has no path."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CommandError(f"--url takes a whole address, such as https://www.example.com/, not '{url}'.")
    return parts._replace(path=parts.path or "/", query="", fragment="").geturl()
