"""`manage.py provestatic`: the whole proof, and its report.

This process does not load the settings. Everything that needs them is done in the process of the proof.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style

from staticproof import baseline, config
from staticproof import report as reports
from staticproof.rehearsal import NotRunError, Request, rehearse
from staticproof.sarif import sarif

NOT_PROVEN, NOT_RUN, INTERRUPTED = 1, 2, 130  # 130 is what shells report after Ctrl-C
LIMIT = re.compile(r"(?P<number>[1-9]\d*)(?P<unit>s|m|)")


class NotRun(CommandError):
    """A wrong option or configuration, or a proof that cannot run. The exit code is 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=NOT_RUN)


class Command(BaseCommand):
    """Prove that every static file the site refers to exists and is served correctly."""

    help = (
        "Prove that the static files work in production: read every template, stylesheet and script, collect to a "
        "temporary folder, request every page, and check each static file that the pages use. Nothing is changed: the "
        "databases are test databases, mail and tasks are discarded, connections to other machines are refused. "
        "Exit code 0: proven. 1: not proven, there are findings. 2: a wrong option or configuration, or the proof "
        "could not run. The table [tool.staticproof] of pyproject.toml has the same options. "
        "`python -m staticproof rule 004` explains a rule."
    )
    requires_system_checks = []  # the proof runs them itself, with the settings of production

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        switch, several = {"action": "store_true"}, {"action": "append"}
        add: Any = parser.add_argument
        add("--url", default="", help="check the running site at this address over HTTP")
        add("--collected", **switch, help="prove STATIC_ROOT as it is: after collectstatic, before release")
        add("--wait", **switch, help="with --collected: read STATIC_ROOT after the end of standard input")
        add("--as-if", choices=config.KEYS["as-if"], help="assume that the storage of static files is of this kind")
        add = parser.add_mutually_exclusive_group().add_argument
        add("--fix", **switch, help="correct what is certain, then prove the result")
        add("--diff", **switch, help="show what --fix would change, and change nothing")
        add = parser.add_argument_group("rules and files").add_argument
        add("--select", **several, metavar="RULE", help="report only these rules, such as 004,E021; may be repeated")
        add("--ignore", **several, metavar="RULE", help="do not report these rules; may be repeated")
        add("--exclude", **several, metavar="PATTERN", help="report nothing in these files, such as 'static/vendor/*'")
        add = parser.add_argument_group("pages").add_argument
        with_data = "read the existing databases, in sessions that cannot write, instead of empty test databases"
        add("--with-data", action="store_const", const=True, help=with_data)
        login = "also fetch pages behind a login, as this user; a test database gets this user as a superuser"
        add("--login", metavar="USER", help=login)
        add("--include-pages", **several, metavar="PATH", help="fetch only this path, or a pattern such as '/blog/*'")
        add("--exclude-pages", **several, metavar="PATH", help="do not fetch these paths")
        add("--limit", **several, metavar="N", help="stop after N pages (200) or after this time (90s, 10m)")
        add = parser.add_argument_group("report").add_argument
        add("--format", choices=config.KEYS["format"], help="default: text")
        add("--output", metavar="FILE", help="write the report to this file")
        fail_level = "the lowest level of a finding that makes the proof fail; default: ERROR"
        add("--fail-level", choices=config.KEYS["fail-level"], help=fail_level)
        add("--baseline", metavar="FILE", help="leave out the findings that this file lists")
        add("--update-baseline", **switch, help="with --baseline: write the findings to the file, and pass")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the proof. Exit with status 1 when it fails, and 2 when it cannot run."""
        began = time.monotonic()
        options = _completed(options)
        request = _request(options)
        try:
            if options["fix"] or options["diff"]:
                self._fix(request, options)
            report = rehearse(request)
        except NotRunError as error:
            self._give_up(error, options)
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing is left behind.", returncode=INTERRUPTED) from None
        report.summary.seconds = round(time.monotonic() - began, 2)
        self._compare(report, options)
        fail_level = options["fail_level"].lower()
        if options["format"] == "json":
            self._write(report.as_dict(fail_level), options)
        elif options["format"] == "sarif":
            self._write(sarif(report), options)
        else:
            style = no_style() if options["output"] else self.style
            with_notes = options["verbosity"] > 1 or fail_level == "info"
            text = reports.text(report, style, fail_level, with_notes=with_notes)
            annotations = f"{reports.github(report)}\n" if options["format"] == "github" else ""
            self._write(annotations + text, options)
        if report.fails(fail_level):
            sys.exit(NOT_PROVEN)

    def _fix(self, request: Request, options: dict[str, Any]) -> None:
        """Correct what is certain. With ``--diff``, only show it, and exit with status 1 when there is a change."""
        from staticproof import fix

        fixes = rehearse(dataclasses.replace(request, fix=True, wait=False)).fixes or []
        if options["diff"]:
            self._write(fix.unified(fixes).rstrip("\n"), options)
            sys.exit(NOT_PROVEN if fixes else 0)
        fix.write(fixes)
        names = ", ".join(change["name"] for change in fixes)
        self.stderr.write(f"Fixed: {names}" if fixes else "Nothing can be fixed with certainty.", lambda text: text)

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
            raise NotRun(str(error)) from None
        if left_out := len(report.findings) - len(new):
            report.remarks.append(f"{left_out} findings are left out: {path} lists them.")
        report.findings = [dict(finding) for finding in new]

    def _write(self, answer: str | dict[str, Any], options: dict[str, Any]) -> None:
        """Write a text, or an object as JSON."""
        text = answer if isinstance(answer, str) else json.dumps(answer, indent=2, ensure_ascii=False)
        try:
            if options["output"]:
                Path(options["output"]).write_text(f"{text}\n", encoding="utf-8")
            else:
                self.stdout.write(text)
        except OSError as error:
            raise NotRun(f"The report cannot be written: {error}") from None

    def _give_up(self, error: NotRunError, options: dict[str, Any]) -> None:
        """Report why the proof could not run, in one line or in the chosen format. Add the traceback on request."""
        if options["traceback"] and error.details:
            self.stderr.write(error.details)
        if options["format"] == "json":
            answer = {"version": reports.VERSION, "ok": False, "error": str(error), "findings": [], "summary": None}
            self._write(answer, options)
            sys.exit(NOT_RUN)
        raise NotRun(str(error)) from None


def _completed(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the values of `pyproject.toml` for those that the command line does not have."""
    script = Path(sys.argv[0])
    folder = script.resolve().parent if script.name == "manage.py" else Path.cwd()
    try:
        table = config.read(folder)
        for name in ("select", "ignore"):
            options[name] = None if options[name] is None else config.rule_names(options[name])
    except ValueError as error:
        raise NotRun(str(error)) from None
    for key, kind in config.KEYS.items():
        name, value = key.replace("-", "_"), table.get(key)
        if options.get(name) is None:
            empty: Any = [] if kind in (config.RULES, config.LIST) else {} if kind == config.RULES_BY_FILE else ""
            options[name] = empty if value is None else value
    return options | {"format": options["format"] or "text", "fail_level": options["fail_level"] or "ERROR"}


def _request(options: dict[str, Any]) -> Request:
    parts = urlsplit(options["url"])
    url = options["url"] and parts._replace(path=parts.path or "/", query="", fragment="").geturl()
    is_complete = parts.scheme in {"http", "https"} and parts.hostname
    wrong = (
        (url and not is_complete, f"--url needs a complete address, such as https://www.example.com/, not '{url}'."),
        (url and options["collected"], "--collected proves this machine and --url a running site. Use only one."),
        (url and (options["fix"] or options["diff"]), "--url proves a running site. --fix and --diff need sources."),
        (options["wait"] and not options["collected"], "--wait needs --collected."),
        (options["update_baseline"] and not options["baseline"], "--update-baseline needs --baseline FILE."),
        (
            any(pattern.startswith("/") for pattern in options["exclude"]),
            "--exclude takes patterns of files, which begin without a slash. For pages, use --exclude-pages.",
        ),
    )
    for applies, message in wrong:
        if applies:
            raise NotRun(message)
    pages, seconds = _limits(options["limit"])
    return Request(
        **{name: options[name] for name in ("collected", "wait", "as_if", "login")},
        url=url,
        with_data=bool(options["with_data"]),
        include=tuple(options["include_pages"]),
        exclude=tuple(options["exclude_pages"]),
        pages=pages,
        seconds=seconds,
        progress=sys.stderr.isatty() and options["verbosity"] > 0,
        rules={key: options[key.replace("-", "_")] for key in ("select", "ignore", "per-file-ignores", "exclude")},
    )


def _limits(limits: list[str]) -> tuple[int, float]:
    """Return the maximum of pages and of seconds. 0 means no limit."""
    found = {"": 0, "s": 0, "m": 0}
    for limit in limits:
        if not (parts := LIMIT.fullmatch(limit)):
            raise NotRun(f"--limit needs a number of pages (200) or a time (90s, 10m), not '{limit}'.")
        found[parts["unit"]] = int(parts["number"])
    return found[""], found["s"] + 60.0 * found["m"]
