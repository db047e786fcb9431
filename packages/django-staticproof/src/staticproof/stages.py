"""The stages of a proof, one after the other: read, collect, serve.

A stage that finds errors is the last: what follows from a fault would only hide it among its consequences.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test.utils import override_settings

from . import analysis
from .findings import Finding, Level
from .rehearsal import Request, said
from .report import Report
from .serving import collect, serve
from .serving.clients import HttpClient
from .serving.complaints import findings as grouped
from .serving.crawl import SERVED_WRONGLY
from .serving.production import SITE_URLCONF
from .serving.server import gunicorn
from .silence import Ignore, in_comments, silence

Progress = Callable[[str], None]


def run(request: Request, folder: Path, progress: Progress) -> Report:
    """Prove what is asked for; ``folder`` is empty, and gone afterwards.

    Raises:
        UnreachableError: when a deployed site gives no answer.
        ServerError: when gunicorn does not start.
    """
    report = Report(stage="read")
    if request.url:
        report.stage = "served"
        with closing(HttpClient()) as client:
            found = serve.deployed(client, request.url, SITE_URLCONF, report.summary, progress)
        _add(report, _unsilenced(found))
        return report
    if read(report, progress):
        collection = collected(request, folder, report, progress)
        if collection:
            served(request, folder, collection, report, progress)
    return report


def read(report: Report, progress: Progress) -> bool:
    """Add what the static analysis finds; returns whether to go on."""
    progress("reading templates, stylesheets, scripts and settings")
    fine = _add(report, analysis.analyse())
    statistics = analysis.statistics()
    report.summary.templates = statistics["templates"]
    report.summary.references = statistics["references"]
    report.summary.unproven = statistics["unproven"]
    return fine


def collected(request: Request, folder: Path, report: Report, progress: Progress) -> collect.Collection | None:
    """Collect afresh, compare with what is in STATIC_ROOT, and return what to serve; None when that is damaged."""
    if request.wait:
        progress("waiting for collectstatic")
        sys.stdin.read()
    report.stage = "collected"
    progress("collecting the static files")
    existing = collect.collected(Path(settings.STATIC_ROOT or folder / "nowhere"))
    try:
        fresh = collect.collect(folder / "static", compressed=not request.collected)
    except collect.NotCollectable as error:
        _add(report, _unsilenced([Finding(collect.STALE, Level.ERROR, str(error))]))
        return None
    collection = existing if request.collected else fresh
    found: list[Finding] = []
    if request.collected or existing.names:
        found += collect.stale(existing, fresh, Level.ERROR if request.collected else Level.WARNING)
    found += grouped(collect.damaged(collection, deployed=request.collected))
    numbers, sizes = report.summary, collection.sizes
    numbers.files, numbers.bytes_raw, numbers.bytes_gzip = len(collection.names), sizes["raw"], sizes["gzip"]
    numbers.bytes_brotli = sizes.get("br", sizes["gzip"])
    return collection if _add(report, _unsilenced(found)) else None


def served(request: Request, folder: Path, collection: collect.Collection, report: Report, progress: Progress) -> None:
    """Serve the site with these collected files, in this process or under gunicorn, and judge every answer."""
    report.stage = "served"
    migrated: list[Finding] = []
    with override_settings(STATIC_ROOT=str(collection.root)), ExitStack() as running:
        client = None
        if request.server:
            progress("starting gunicorn")
            address = running.enter_context(gunicorn(collection.root))
            client = running.enter_context(closing(HttpClient(address)))
        found = serve.rehearsed(
            client, collection, SITE_URLCONF, report.summary, progress, lambda: migrated.extend(_migrated(folder))
        )
    _add(report, _unsilenced([*migrated, *found]))


def _migrated(folder: Path) -> Iterable[Finding]:
    """Give the rehearsal's own databases their tables; a database that the rehearsal does not own is left alone."""
    for alias, database in settings.DATABASES.items():
        if Path(str(database.get("NAME"))).parent != folder:
            continue
        try:
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        except Exception as error:  # noqa: BLE001 - a migration may raise anything
            message = f"The migrations of the database '{alias}' fail: {said(error)}"
            yield Finding(SERVED_WRONGLY, Level.WARNING, message, "Pages that need its tables cannot be proven.")
        finally:
            connections[alias].close()


def _add(report: Report, findings: Iterable[Finding]) -> bool:
    """Add findings; returns whether there is no error among them."""
    fine = True
    for finding in findings:
        report.add(finding)
        fine &= finding.level < Level.ERROR
    return fine


def _unsilenced(findings: list[Finding]) -> list[Finding]:
    """Without what someone has silenced with a reason (the analysis does that for its own findings)."""
    comments: list[tuple[Path, Ignore]] = []
    for path in {finding.file for finding in findings if finding.file and finding.line}:
        text = path.read_text(encoding="utf-8", errors="replace")
        comments += ((path, ignore) for ignore in in_comments(text, path.name))
    return [finding for finding in silence(findings, comments, complete=False) if finding in findings]
