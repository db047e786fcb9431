"""Run the stages of a proof: read, collect, serve. Errors in one stage do not prevent the next one."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.test.utils import override_settings

from . import analysis, config, fix
from .findings import Finding, Level
from .reading.contract import judge_as
from .rehearsal import Request, one_line
from .report import Report
from .serving import collect, production, serve
from .serving.clients import HttpClient
from .serving.complaints import findings as grouped
from .serving.crawl import SERVED_WRONGLY
from .serving.isolation import connections
from .serving.places import of_exception
from .silence import unsilenced

SETTINGS_IN_DEVELOPMENT = 89
COLLECTSTATIC_STOPS = {41, 43, 44, 51, 52, 101, 103}  # rules of reading whose faults stop collectstatic
NOT_SERVED = {82, 83}  # rules of reading whose faults prevent the site from starting
Progress = Callable[[str], None]


def run(request: Request, folder: Path, progress: Progress) -> Report:
    """Run the proof for a request. ``folder`` is empty, and is deleted afterwards.

    Raises:
        UnreachableError: when a deployed site does not respond.
    """
    config.use(request.rules)
    report = Report(stage="read")
    if production.SETS_DEBUG:
        name = production.SITE_VALUES["SETTINGS_MODULE"]
        report.remarks.append(f"{name} sets DEBUG = True itself; the proof switched it off afterwards.")
    if request.with_data:
        report.remarks.append("The existing databases were read, in sessions that cannot write.")
    if request.url:
        report.stage = "served"
        _add(report, unsilenced(serve.deployed(HttpClient(), request, production.SITE_URLCONF, report, progress)))
        return report
    with override_settings(**production.SITE_VALUES):
        known = read(request, report, progress)
        if request.fix:
            report.fixes = fix.changes()
            return report
    if production.FAILURE:
        message = f"The settings do not load with DEBUG off: {production.FAILURE}"
        hint = "The proof used the settings of this environment. Give the missing variables values for the proof."
        _add(report, [Finding(SETTINGS_IN_DEVELOPMENT, Level.WARNING, message, hint)])
    if collection := collected(request, folder, report, progress, known):
        served(request, collection, report, progress, known)
    if connections.refused:
        places = ", ".join(sorted(connections.refused)[:5])
        report.remarks.append(f"Connections were refused: {places}{' ...' if len(connections.refused) > 5 else ''}.")
    return report


def read(request: Request, report: Report, progress: Progress) -> list[Finding]:
    """Add the findings of the static analysis to the report. Return each of them, also those with the same cause."""
    progress("reading templates, stylesheets, scripts and settings")
    judge_as(request.as_if or None)
    found = analysis.analyse(as_if=request.as_if or None)
    _add(report, found)
    statistics = analysis.statistics()
    report.summary.templates = statistics["templates"]
    report.summary.references = statistics["references"]
    report.summary.unproven = statistics["unproven"]
    return analysis.latest().separate


def collected(
    request: Request, folder: Path, report: Report, progress: Progress, known: list[Finding]
) -> collect.Collection | None:
    """Collect again and compare the result with STATIC_ROOT. Return the collection to serve, or None without one."""
    if request.wait:
        progress("waiting for collectstatic")
        sys.stdin.read()
    report.stage = "collected"
    progress("collecting the static files")
    collection = collect.collected(Path(production.SITE_STATIC_ROOT or folder / "nowhere"))
    found: list[Finding] = []
    if not (request.wait and collection.names):  # otherwise collectstatic has just ended, so nothing can be stale
        try:
            fresh = collect.collect(folder / "static", compressed=not request.collected)
        except collect.NotCollectable as error:
            _add(report, unsilenced([Finding(collect.STALE, Level.ERROR, str(error))]))
            return None
        if fresh.failure and not _has_error(known, COLLECTSTATIC_STOPS):
            found.append(Finding(collect.STALE, Level.ERROR, f"collectstatic fails: {fresh.failure}"))
        elif fresh.storage is not None and not collect.site_storage_is_usable():
            name = settings.STORAGES.get("staticfiles", {}).get("BACKEND", "None")
            report.remarks.append(f"The proof used a storage on the disk in place of {name}.")
        if request.collected and production.SITE_STATIC_ROOT and not fresh.failure:
            found += collect.stale(collection, fresh)
        collection = collection if request.collected and collection.names else fresh
    complaints = list(collect.damaged(collection, deployed=request.collected))
    found += grouped(complaints)
    damaged = frozenset(collection.names[complaint.missing] for complaint in complaints)
    numbers, sizes = report.summary, collection.sizes
    numbers.files, numbers.bytes_raw, numbers.bytes_gzip = len(collection.names), sizes["raw"], sizes["gzip"]
    numbers.bytes_brotli = sizes.get("br", sizes["gzip"])
    _add(report, unsilenced(found))
    return dataclasses.replace(collection, damaged=damaged)


def served(
    request: Request, collection: collect.Collection, report: Report, progress: Progress, known: list[Finding]
) -> None:
    """Serve the site with these collected files, and check every response."""
    report.stage = "served"
    changed: dict[str, object] = {"STATIC_ROOT": str(collection.root)}
    if collection.storage:
        changed["STORAGES"] = {**settings.STORAGES, "staticfiles": dict(collection.storage)}
    try:
        with override_settings(**changed):
            found = serve.rehearsed(collection, production.SITE_URLCONF, request, report, progress, known)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - views and middleware may raise anything while they load
        report.stage = "collected"
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        message = f"The site does not start as production: {one_line(cause)}"
        found = []
        if not _has_error(known, NOT_SERVED):
            found.append(Finding(SERVED_WRONGLY, Level.ERROR, message, "", *of_exception(cause)))
    _add(report, unsilenced(found))


def _has_error(findings: list[Finding], numbers: set[int]) -> bool:
    return any(finding.number in numbers and finding.level == Level.ERROR for finding in findings)


def _add(report: Report, findings: Iterable[Finding]) -> None:
    for finding in findings:
        report.add(finding)
