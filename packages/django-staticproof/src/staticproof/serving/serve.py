"""Request the site's pages and static files as in production, and check every response (rules S6 and S7)."""

from __future__ import annotations

import mimetypes
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application

from ..findings import Finding, Level
from ..project import is_own
from ..reading.ignored_files import unbuilt
from ..reading.index import build
from ..rehearsal import NotRunError, Request, one_line
from ..report import Report
from . import error_pages, responses
from .clients import Client, Response, WsgiClient
from .collect import Collection
from .complaints import Complaint
from .complaints import findings as grouped
from .crawl import SERVED_WRONGLY, Crawl, arrive
from .databases import Databases, LoginError
from .patterns import Patterns, patterns, wanted
from .static_urls import StaticUrls

ORIGIN = "https://localhost/"
MISSING = "staticproof-missing.0123456789ab.css"  # looks like a hashed name, but no site has this file
SERVERS = {"whitenoise.middleware", "servestatic.middleware"}

Progress = Callable[[str], None]


def application() -> WsgiClient:
    """Return a client of the site's real WSGI application (WSGI_APPLICATION) in this process.

    Raises:
        NotRunError: when it does not start. An entry point may also call `sys.exit()`.
    """
    try:
        return WsgiClient(get_internal_wsgi_application())
    except (Exception, SystemExit) as error:
        reason = one_line(error.__cause__ or error)
        message = f"The application {settings.WSGI_APPLICATION} does not start as production: {reason}"
        raise NotRunError(message, traceback.format_exc()) from error


def rehearsed(
    collection: Collection, urlconf: str, request: Request, report: Report, progress: Progress
) -> list[Finding]:
    """Check the site in this process with these collected files. Set the numbers of the report.

    ``urlconf`` is the site's own.
    """
    client: Client = application()
    urls = StaticUrls(ORIGIN, collection)
    judged = _serves_static_files(client, urls)
    if not judged:
        client = StandInClient(client, urls)
        report.remarks.append("The proof served the static files itself, because the application does not.")
    with Databases(existing=request.with_data) as databases:
        if not databases.can_wait:
            progress("making the test databases")
            databases.prepare()
        walk = Crawl(client, urls, progress, databases, None, judged, _deadline(request))
        walk.cookie = _cookie(databases, request.login, report)
        found = _pages(walk, urlconf, request, report, progress)
        for url in databases.object_urls():
            path = urlsplit(url).path
            if path not in found.paths and wanted(path, request.include, request.exclude):
                _page(walk, path, request, report, f"page of an object: {path}")
        progress("error pages")
        provoked = error_pages.provoke(client, ORIGIN)
        while any(walk.add_missing_name(page.subject, page.response) for page in provoked if page.errors):
            provoked = error_pages.provoke(client, ORIGIN)
        for page in provoked:
            walk.read(page.subject, page.url, page.response)
        walk.follow()
        complaints = [*error_pages.broken(provoked), *walk.complaints]
        if judged:
            complaints += _unreferenced_files(walk, collection, progress)
            if all(page.is_right for page in provoked):  # otherwise a broken error page would be reported twice
                complaints += _missing(client, walk.urls)
        progress("error page 500 without the manifest")
        dependent = list(error_pages.dependent(client, ORIGIN, provoked))
        subjects = {complaint.subject for complaint in dependent}  # these pages must be changed anyway
        complaints = [*dependent, *(fault for fault in complaints if fault.subject not in subjects)]
    _count(report, walk, found)
    complaints = _without_unbuilt(complaints)
    report.summary.error_pages = len(error_pages.EXPECTED)
    report.summary.static_files_served = len(collection.hashed) if judged else len(walk.checked)
    return [*databases.findings, *grouped(complaints)]


def deployed(client: Client, request: Request, urlconf: str, report: Report, progress: Progress) -> list[Finding]:
    """Check a deployed site by its responses only. Set the numbers of the report.

    The pages are the page at the URL, and the pages of the local URL patterns that the deployed site has, too. Only the
    error page 404 can be requested.

    Raises:
        UnreachableError: when the page at the URL does not respond.
    """
    url, _ = arrive(client, request.url)  # follow redirects from http to https or to the canonical host
    walk = Crawl(client, StaticUrls(url, None), progress, deadline=_deadline(request))
    walk.page(urlsplit(url).path or "/")
    found = _pages(walk, urlconf, request, report, progress, urlsplit(url).path or "/")
    complaints: list[Complaint] = []
    missing = urljoin(url, error_pages.NOT_FOUND)
    response = client.get(missing)
    if response.status == 404:
        walk.read("The error page 404", missing, response)
    else:
        fault = f"answers {response.status}, not 404."
        complaints.append(Complaint(error_pages.NUMBER, Level.ERROR, "A page that does not exist", fault))
    walk.follow()
    _count(report, walk, found)
    report.summary.error_pages = 1
    report.summary.static_files_served = len(walk.checked)
    return list(grouped([*complaints, *walk.complaints, *_missing(client, walk.urls)]))


class StandInClient:
    """Serve the collected files at STATIC_URL in place of nginx, a CDN or a bucket. Request the rest from the site."""

    def __init__(self, client: Client, urls: StaticUrls) -> None:
        self.client = client
        self.urls = urls

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """See `Client.get`. Request files below STATIC_URL that were not collected from the site."""
        name = self.urls.name(url)
        file = self.urls.file(name) if name else None
        if file is None:
            return self.client.get(url, headers)
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        known = responses.TYPES.get(file.suffix.lower(), (media_type,))
        return Response(200, {"content-type": known[0]}, file.read_bytes())


def _serves_static_files(client: Client, urls: StaticUrls) -> bool:
    """Return whether the application serves static files: it has a middleware for them, or it serves one of them."""
    for name in settings.MIDDLEWARE:
        path, _, attribute = name.rpartition(".")
        try:
            ancestors = getattr(getattr(import_module(path), attribute), "__mro__", ())
        except (ImportError, AttributeError, ValueError):
            continue  # Django reports it
        if any(ancestor.__module__ in SERVERS for ancestor in ancestors):
            return True
    some = next(iter(urls.collection.hashed), None) if urls.collection else None
    return some is not None and client.get(urls.of(some), {"Accept-Encoding": "identity"}).status == 200


def _deadline(request: Request) -> float:
    return time.monotonic() + request.seconds if request.seconds else float("inf")


def _cookie(databases: Databases, username: str, report: Report) -> Callable[[], str] | None:
    """Return a function that creates a session at the first call and returns the same one later."""
    made: list[str] = []

    def cookie() -> str:
        if not made:
            try:
                made.append(databases.session_cookie(username))
            except LoginError as error:
                made.append("")
                report.remarks.append(f"Pages behind a login were left out: {error}.")
        return made[0]

    return cookie if username else None


def _pages(
    walk: Crawl, urlconf: str, request: Request, report: Report, progress: Progress, known: str = ""
) -> Patterns:
    found = patterns(urlconf, request.include, request.exclude)
    for name in found.unknown:
        report.remarks.append(f"STATICPROOF_URL_ARGUMENTS: no pattern '{name}' matches these arguments.")
    for number, path in enumerate(found.paths, 1):
        if path != known:
            _page(walk, path, request, report, f"page {number} of {len(found.paths)}: {path}")
    return found


def _page(walk: Crawl, path: str, request: Request, report: Report, step: str) -> None:
    asked = walk.fetched + walk.need_login + walk.failed + walk.others
    if (request.pages and asked >= request.pages) or time.monotonic() > walk.deadline:
        report.summary.pages_left += 1
        return
    walk.progress(step)
    walk.page(path)


def _unreferenced_files(walk: Crawl, collection: Collection, progress: Progress) -> list[Complaint]:
    """Check the collected files that no page refers to. New faults in files of packages are notes."""
    complaints: list[Complaint] = []
    rest = sorted(collection.hashed.keys() - walk.checked - collection.damaged)
    for number, hashed in enumerate(rest):
        if time.monotonic() > walk.deadline:
            walk.left += len(rest) - number
            break
        progress(f"file {number + 1} of {len(rest)} that no page names: {hashed}")
        url = walk.urls.of(hashed)
        expected = responses.Expected(url, collection.root / hashed, not collection.plain)
        for fault, hint in responses.plain(walk.client, expected, walk.headers):
            source = collection.source(hashed)
            own = source if source is not None and is_own(source) else None
            level = responses.level_of(fault) if own else Level.NOTE
            complaints.append(Complaint(SERVED_WRONGLY, level, urlsplit(url).path, fault, hint, own))
    known = {complaint.fault for complaint in [*walk.complaints, *complaints] if complaint.level > Level.NOTE}
    return [complaint for complaint in complaints if complaint.level > Level.NOTE or complaint.fault not in known]


def _without_unbuilt(complaints: list[Complaint]) -> list[Complaint]:
    """Change complaints about unbuilt files to notes, because the static analysis has a warning for them (rule 068)."""
    names = {complaint.missing for complaint in complaints if complaint.missing}
    asked = {name: Finding(4, Level.ERROR, f"'{name}'") for name in names}
    left = unbuilt(list(asked.values()), build())
    built = {name for name, finding in asked.items() if finding not in left}
    return [replace(fault, level=Level.NOTE) if fault.missing in built else fault for fault in complaints]


def _missing(client: Client, urls: StaticUrls) -> Iterator[Complaint]:
    """Yield a complaint when the response for a missing static file is not 404, which hides real faults."""
    status = client.get(urls.of(MISSING)).status
    if status != 404:
        yield Complaint(SERVED_WRONGLY, Level.ERROR, "A missing static file", f"answers {status}, not 404.")


def _count(report: Report, walk: Crawl, found: Patterns) -> None:
    numbers = report.summary
    numbers.pages = walk.fetched
    numbers.pages_need_login = walk.need_login
    numbers.pages_need_arguments = found.need_arguments
    numbers.pages_failed = walk.failed
    numbers.pages_other = walk.others
    numbers.static_files_left = walk.left
    numbers.static_files_followed = len(walk.checked)
    numbers.headers = walk.headers.count
