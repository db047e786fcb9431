"""Serving: the site answers as production, and every answer is judged (rules S6 and S7)."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application

from ..findings import Finding, Level
from ..project import is_own
from ..rehearsal import NotRunError, said
from ..report import Summary
from . import error_pages, responses
from .clients import Client, WsgiClient
from .collect import Collection
from .complaints import Complaint
from .complaints import findings as grouped
from .crawl import SERVED_WRONGLY, Crawl, arrive
from .patterns import Patterns, patterns
from .static_urls import StaticUrls

ORIGIN = "https://localhost/"
MISSING = "staticproof-missing.0123456789ab.css"  # looks like a hashed name, and nobody has it

Progress = Callable[[str], None]


def application() -> WsgiClient:
    """The site's real WSGI application (WSGI_APPLICATION) in this process.

    Raises:
        NotRunError: when it does not start; an entry point may exit as well as raise.
    """
    try:
        return WsgiClient(get_internal_wsgi_application())
    except (Exception, SystemExit) as error:
        reason = said(error.__cause__ or error)
        message = f"The application {settings.WSGI_APPLICATION} does not start as production: {reason}"
        raise NotRunError(message, traceback.format_exc()) from error


def rehearsed(
    client: Client | None,
    collection: Collection,
    urlconf: str,
    numbers: Summary,
    progress: Progress,
    prepare: Callable[[], None],
) -> list[Finding]:
    """Judge a site that runs here, of which the collected files are known; fills in the numbers.

    ``client`` speaks to a server; without one the application in this process answers. ``urlconf`` is the site's own.
    ``prepare`` makes the tables of its database when a page needs them.
    """
    here = application()
    client = client or here
    walk = Crawl(client, StaticUrls(ORIGIN, collection), progress, here, prepare)
    found = patterns(urlconf)
    for path in found.paths:
        walk.page(path)
    progress("error pages")
    provoked = error_pages.provoke(client, ORIGIN)
    for page in provoked:
        walk.read(page.subject, page.url, page.response)
    walk.follow()
    complaints = [*error_pages.broken(provoked), *walk.complaints]
    complaints += _others(walk, collection, progress)
    if all(page.is_right for page in provoked):  # else the answer would be that of a broken error page once more
        complaints += _missing(client, walk.urls)
    progress("error pages without the manifest")
    complaints += error_pages.dependent(here, ORIGIN, provoked)
    _count(numbers, walk, found)
    numbers.error_pages = len(error_pages.EXPECTED)
    numbers.static_files_served = len(collection.hashed)
    return list(grouped(complaints))


def deployed(client: Client, url: str, urlconf: str, numbers: Summary, progress: Progress) -> list[Finding]:
    """Judge a deployed site by its answers alone; fills in the numbers.

    The pages are the page at ``url`` and those of the local patterns that the deployed site knows too. Of the error
    pages only 404 can be asked for.

    Raises:
        UnreachableError: when the page at ``url`` gives no answer.
    """
    url, _ = arrive(client, url)  # from http to https, or to the canonical host: that is where the pages are
    walk = Crawl(client, StaticUrls(url, None), progress)
    found = patterns(urlconf)
    for path in dict.fromkeys([urlsplit(url).path or "/", *found.paths]):
        walk.page(path)
    complaints: list[Complaint] = []
    missing = urljoin(url, error_pages.NOT_FOUND)
    response = client.get(missing)
    if response.status == 404:
        walk.read("The error page 404", missing, response)
    else:
        fault = f"answers {response.status}, not 404."
        complaints.append(Complaint(error_pages.NUMBER, Level.ERROR, "A page that does not exist", fault))
    walk.follow()
    _count(numbers, walk, found)
    numbers.error_pages = 1
    numbers.static_files_served = len(walk.checked)
    return list(grouped([*complaints, *walk.complaints, *_missing(client, walk.urls)]))


def _others(walk: Crawl, collection: Collection, progress: Progress) -> list[Complaint]:
    """The collected files that no page refers to: the short check. Other people's are notes, and only when new."""
    complaints: list[Complaint] = []
    for hashed in sorted(collection.hashed.keys() - walk.checked):
        progress(f"file {hashed}")
        url = walk.urls.of(hashed)
        expected = responses.Expected(url, collection.root / hashed)
        for fault, hint in responses.plain(walk.client, expected, walk.headers):
            source = collection.source(hashed)
            own = source if source is not None and is_own(source) else None
            level = Level.ERROR if own else Level.NOTE
            complaints.append(Complaint(SERVED_WRONGLY, level, urlsplit(url).path, fault, hint, own))
    errors = {complaint.fault for complaint in [*walk.complaints, *complaints] if complaint.level == Level.ERROR}
    return [complaint for complaint in complaints if complaint.level == Level.ERROR or complaint.fault not in errors]


def _missing(client: Client, urls: StaticUrls) -> Iterator[Complaint]:
    """A static file that does not exist is not found; anything else hides real faults behind errors."""
    status = client.get(urls.of(MISSING)).status
    if status != 404:
        yield Complaint(SERVED_WRONGLY, Level.ERROR, "A missing static file", f"answers {status}, not 404.")


def _count(numbers: Summary, walk: Crawl, found: Patterns) -> None:
    numbers.pages = walk.fetched
    numbers.pages_need_login = walk.need_login
    numbers.pages_need_arguments = found.need_arguments
    numbers.pages_failed = walk.failed
    numbers.pages_other = walk.others
    numbers.static_files_followed = len(walk.checked)
    numbers.headers = walk.headers.count
