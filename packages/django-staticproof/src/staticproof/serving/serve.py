"""Request the site's pages and static files as in production, and check every response (rules S6 and S7)."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application

from ..findings import Finding, Level
from ..reading.ignored_files import unbuilt
from ..reading.index import build
from ..rehearsal import Request, one_line
from ..report import Report
from . import error_pages
from .clients import Client, Response, WsgiClient, arrive
from .collect import Collection
from .complaints import Complaint, new
from .complaints import findings as grouped
from .crawl import Crawl
from .databases import Databases
from .patterns import patterns, wanted
from .static_urls import StaticUrls

ORIGIN = "https://localhost/"
SERVERS = ("whitenoise", "servestatic")

Progress = Callable[[str], None]


def rehearsed(
    collection: Collection, urlconf: str, request: Request, report: Report, progress: Progress, known: list[Finding]
) -> list[Finding]:
    """Check the site in this process with these collected files. Set the numbers of the report.

    ``urlconf`` is the site's own. ``known`` are the findings of reading, which are not repeated.
    """
    client: Client = WsgiClient(get_internal_wsgi_application())  # the site's real one, WSGI_APPLICATION
    urls = StaticUrls(ORIGIN, collection)
    judged = _serves_static_files(client, urls)
    if not judged:
        client = StandInClient(client, urls)
        report.remarks.append("The proof served the static files itself, because the application does not.")
    with Databases(existing=request.with_data) as databases:
        if not databases.can_wait:
            progress("making the test databases")
            databases.prepare()
        walk = Crawl(client, urls, request, report, progress, databases, judged)
        if request.login:
            try:
                walk.cookie = databases.session_cookie(request.login)
            except Exception as error:  # noqa: BLE001 - models and backends of the site may raise anything
                reason = f"--login {request.login}: {one_line(error)}"
                report.remarks.append(f"Pages behind a login were left out: {reason}.")
        paths = _paths(urlconf, request, report)
        walk.pages(paths)
        objects = dict.fromkeys(urlsplit(url).path for url in databases.object_urls())
        walk.pages([path for path in objects if path not in paths and wanted(path, request.include, request.exclude)])
        progress("error pages")
        broken = error_pages.check(walk)
        walk.follow()
        complaints = [*broken, *walk.complaints]
        dependent = error_pages.dependent(walk, broken)
        subjects = {complaint.subject for complaint in dependent}  # these pages must be changed anyway
        complaints = [*dependent, *(fault for fault in complaints if fault.subject not in subjects)]
    report.summary.error_pages = len(error_pages.EXPECTED)
    return [*databases.findings, *grouped(new(_without_unbuilt(complaints), known))]


def deployed(client: Client, request: Request, urlconf: str, report: Report, progress: Progress) -> list[Finding]:
    """Check a deployed site by its responses only. Set the numbers of the report.

    The pages are the page at the URL, and the pages of the local URL patterns that the deployed site has, too. Only the
    error page 404 can be requested.

    Raises:
        UnreachableError: when the page at the URL does not respond.
    """
    url, _ = arrive(client, request.url)  # follow redirects from http to https or to the canonical host
    walk = Crawl(client, StaticUrls(url, None), request, report, progress)
    walk.pages(list(dict.fromkeys([urlsplit(url).path or "/", *_paths(urlconf, request, report)])))
    missing = urljoin(url, error_pages.NOT_FOUND)
    response = client.get(missing)
    if response.status == 404:
        walk.read("The error page 404", missing, response)
    else:
        fault = f"answers {response.status}, not 404."
        walk.complaints.append(Complaint(error_pages.NUMBER, Level.ERROR, "A page that does not exist", fault))
    walk.follow()
    report.summary.error_pages = 1
    return list(grouped(walk.complaints))


class StandInClient:
    """Serve the collected files at STATIC_URL in place of nginx, a CDN or a bucket. Request the rest from the site."""

    def __init__(self, client: Client, urls: StaticUrls) -> None:
        self.client = client
        self.urls = urls
        self.types = mimetypes.MimeTypes()  # Python's own table, because those of operating systems differ

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """See `Client.get`. Request files below STATIC_URL that were not collected from the site."""
        name = self.urls.name(url)
        file = self.urls.file(name) if name else None
        if file is None:
            return self.client.get(url, headers)
        media_type = self.types.guess_type(file.name)[0] or "application/octet-stream"
        return Response(200, {"content-type": media_type}, file.read_bytes())


def _serves_static_files(client: Client, urls: StaticUrls) -> bool:
    """Return whether the application serves static files: it has a middleware for them, or it serves one of them."""
    if any(server in name.lower() for name in settings.MIDDLEWARE for server in SERVERS):
        return True
    some = next(iter(urls.collection.hashed), None) if urls.collection else None
    return some is not None and client.get(urls.of(some), {"Accept-Encoding": "identity"}).status == 200


def _paths(urlconf: str, request: Request, report: Report) -> list[str]:
    found = patterns(urlconf, request.include, request.exclude)
    for name in found.unknown:
        report.remarks.append(f"STATICPROOF_URL_ARGUMENTS: no pattern '{name}' matches these arguments.")
    report.summary.pages_need_arguments = found.need_arguments
    return found.paths


def _without_unbuilt(complaints: list[Complaint]) -> Iterator[Complaint]:
    """Leave out complaints about unbuilt files, because the static analysis has a warning for them (rule 068)."""
    asked = {complaint.missing: Finding(4, Level.ERROR, f"'{complaint.missing}'") for complaint in complaints}
    left = unbuilt(list(asked.values()), build())
    for complaint in complaints:
        if not complaint.missing or asked[complaint.missing] in left:
            yield complaint
