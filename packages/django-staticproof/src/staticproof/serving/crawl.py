"""Fetch the pages of a site, and follow their references: HTML, then stylesheets, then scripts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError

from ..findings import Level
from ..project import is_own
from ..reading.index import build
from ..reading.names import judge
from ..rehearsal import Request, one_line
from ..report import Report
from . import csp, plain_names, responses
from .clients import Client, Response, UnreachableError, arrive, needs_login
from .complaints import Complaint
from .databases import Databases
from .documents import Needed, needed
from .isolation import connections
from .places import NOWHERE, Place, is_own_view, of_exception, of_text
from .static_urls import StaticUrls

SERVED_WRONGLY = 86
BLOCKED = 88
GONE = {404, 410}
READ_ONLY = re.compile("read.?only", re.IGNORECASE)
UNKNOWN = re.compile(r"Missing staticfiles manifest entry for '(.+)'")  # the message of ManifestFilesMixin


@dataclass
class Crawl:
    """A walk over one site. Call `pages`, then `follow`. The results are ``complaints`` and the report's numbers.

    ``databases`` get their tables when the first page needs them. They are None for a deployed site. ``judged`` is
    false when the proof serves the static files itself, so that their headers are not checked. ``cookie`` is a session
    for pages behind a login. ``checked`` are the
    names of the static files that were requested.
    """

    client: Client
    urls: StaticUrls
    request: Request
    report: Report
    progress: Callable[[str], None]
    databases: Databases | None = None
    judged: bool = True
    cookie: str = ""
    complaints: list[Complaint] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    plain: plain_names.Uses = field(default_factory=dict)
    _waiting: list[tuple[str, Needed, Place]] = field(default_factory=list)
    _answers: dict[str, Response] = field(default_factory=dict)
    _missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.numbers = self.report.summary
        self.deadline = float("inf")

    @property
    def is_late(self) -> bool:
        """Return whether the time limit of the request is over."""
        return time.monotonic() > self.deadline

    def pages(self, paths: Collection[str]) -> None:
        """Fetch these pages and queue their references, up to the limits of the request.

        The seconds count from here, or from the moment when the databases have their tables.
        """
        if self.deadline == float("inf"):
            self._start_clock()
        for number, path in enumerate(paths, 1):
            numbers, limit = self.numbers, self.request.pages
            asked = numbers.pages + numbers.pages_need_login + numbers.pages_failed + numbers.pages_other
            if (limit and asked >= limit) or self.is_late:
                numbers.pages_left += 1
            else:
                self.progress(f"page {number} of {len(paths)}: {path}")
                self._page(path)

    def ask(self, subject: str, path: str, status: int = 200) -> tuple[str, Response]:
        """Fetch a page of the site, with a login if it needs one. Return the last URL and its response.

        Repeat when it needs the databases, and for each name that is not in the manifest. ``status`` is the one of a
        page that fails on purpose. May raise UnreachableError.
        """
        wanted = urljoin(self.urls.origin, path)
        url, response = self._ask(subject, wanted, status)
        if self.cookie and needs_login(response) and response.status != status:
            url, response = self._ask(subject, wanted, status, {"Cookie": self.cookie})
        return url, response

    def read(self, subject: str, url: str, response: Response) -> None:
        """Queue the references of a document for `follow`, and report those that its own policy blocks."""
        self._waiting += ((subject, reference, NOWHERE) for reference in needed(url, response))
        for block in csp.blocked(url, response):
            place = of_text(*block.written)
            level = Level.ERROR
            if place == NOWHERE:  # Python code or a package writes it
                level = Level.WARNING if is_own_view(urlsplit(url).path) else Level.NOTE
            self.complaints.append(Complaint(BLOCKED, level, subject, block.fault, block.hint, *place))

    def follow(self) -> None:
        """Check all queued references, and the references in these files, until the queue is empty."""
        while self._waiting:
            if self.is_late:
                self.numbers.static_files_left += len({reference.url for _, reference, _ in self._waiting})
                self._waiting.clear()
                break
            referrer, reference, place = self._waiting.pop()
            name = self.urls.name(reference.url)
            try:
                if name is not None:
                    self._static(referrer, reference, place, name)
                elif urlsplit(reference.url).netloc == urlsplit(self.urls.origin).netloc:
                    self._dynamic(referrer, reference, place)
            except UnreachableError as error:
                self._complain(referrer, f"refers to {reference.written}: {error}", "", place)
        if self.urls.collection:
            self.complaints += plain_names.judge(self.urls.collection, self.plain, self.checked)

    def cannot_prove(self, error: BaseException) -> bool:
        """Return whether a page fails because of the rehearsal.

        A test database has no rows or could not be created, or STATIC_ROOT lacks a file that another command makes.
        """
        if isinstance(error, FileNotFoundError):
            return str(error.filename).startswith(str(settings.STATIC_ROOT))
        is_empty = self.databases is not None and not self.request.with_data
        return is_empty and isinstance(error, (ObjectDoesNotExist, DatabaseError))

    def _start_clock(self) -> None:
        self.deadline = time.monotonic() + (self.request.seconds or float("inf"))

    # --- Pages --------------------------------------------------------------------------------------------------------

    def _page(self, path: str) -> None:
        """Fetch a page and queue its references. Add a complaint when the page fails."""
        subject, refused = f"The page {path}", connections.refused.total()
        try:
            url, response = self.ask(subject, path)
        except UnreachableError as error:
            self._complain(subject, f"does not respond: {error}")
            return
        if needs_login(response):
            self.numbers.pages_need_login += 1
        elif response.status >= 500:
            self.numbers.pages_failed += 1
            self._failed(subject, response, refused)
        elif response.status != 200:
            self.numbers.pages_other += 1  # it needs a query or another method, or it is empty without data
        else:
            self.numbers.pages += 1
            self.read(subject, url, response)

    def _ask(
        self, subject: str, wanted: str, status: int, headers: Mapping[str, str] | None = None
    ) -> tuple[str, Response]:
        url, response = arrive(self.client, wanted, headers)
        failed = response.status >= 500 and response.status != status
        if self.databases and not self.databases.prepared and (failed or self.databases.touched):
            self.progress("making the tables of the database")
            self.databases.prepare()
            self._start_clock()
            url, response = arrive(self.client, wanted, headers)
        while response.status >= 500 and self._add_missing_name(subject, response):
            url, response = arrive(self.client, wanted, headers)
        return url, response

    def _add_missing_name(self, subject: str, response: Response) -> bool:
        """Report a name that is not in the manifest, and add it, so that the page shows its other references."""
        unknown = UNKNOWN.search(str(response.errors[0])) if response.errors else None
        if unknown is None or unknown[1] in self._missing:
            return False
        verdict = judge(unknown[1], build())
        reason, hint = (verdict.message, verdict.hint) if verdict else (str(response.errors[0]), "")
        self._complain(subject, f"fails: {reason}", hint, of_exception(response.errors[0]), missing=unknown[1])
        self._missing.add(unknown[1])
        # The attribute is public but undocumented, since Django 1.7. Without it, the page stays unproven.
        getattr(staticfiles_storage, "hashed_files", {})[unknown[1]] = unknown[1]
        return True

    def _failed(self, subject: str, response: Response, refused: int) -> None:
        """Report a page that fails for another reason than its static files. The page stays unproven.

        ``refused`` is the number of refused connections before the request.
        """
        if self.databases and self.databases.findings and any(map(self.cannot_prove, response.errors)):
            return  # another finding reports that the database could not be created
        if not response.errors:  # a view answers so on purpose, for example when a service is unavailable
            level = Level.ERROR if response.status == 500 and not self.databases else Level.NOTE
            self._complain(subject, f"answers {response.status}.", "", level=level)
            return
        error = response.errors[0]
        place = of_exception(error)
        wants_to_write = self.request.with_data and isinstance(error, DatabaseError) and READ_ONLY.search(str(error))
        if wants_to_write or refused < connections.refused.total():
            level, reason = Level.NOTE, "it needs a connection or a change of data, which the proof refuses"
        else:
            level, reason = Level.WARNING if place != NOWHERE else Level.NOTE, "it fails"
        self._complain(subject, f"cannot be proven, because {reason}: {one_line(error)}", "", place, level)

    # --- References ---------------------------------------------------------------------------------------------------

    def _static(self, referrer: str, reference: Needed, place: Place, name: str) -> None:
        collection = self.urls.collection
        if name in self.checked or name in self._missing or (collection and name in collection.damaged):
            return
        hashed = name in collection.hashed if collection else bool(responses.HASHED.search(name))
        if not hashed:
            if collection and name in collection.names:
                self.plain.setdefault(name, []).append((referrer, self._place(reference, place)))
                if len(self.plain[name]) == 1:
                    self._queue_references(name, reference.url)
            else:
                self._unknown(referrer, reference, place, name)
            return
        self.checked.add(name)
        self.numbers.static_files_followed += 1
        self.progress(f"file {name}; {len(self._waiting)} more to look at")
        if self.judged:
            address = self.urls.address(reference.url)
            has_hash = not collection.plain if collection else True
            expected = responses.Expected(address, collection.root / name if collection else None, has_hash)
            for fault in responses.full(self.client, expected, self._get(address)):
                path, own = urlsplit(reference.url).path, (self.own_source(name), None)
                self._complain(path, fault.text, fault.hint, own, fault.level)
        self._queue_references(name, reference.url)

    def _queue_references(self, name: str, url: str) -> None:
        """Queue the references of a static file."""
        source = self.own_source(name)
        for inner in needed(url, self._get(self.urls.address(url))):
            place = (source, inner.line) if source else NOWHERE
            self._waiting.append((f"The file {urlsplit(url).path}", inner, place))

    def _unknown(self, referrer: str, reference: Needed, place: Place, name: str) -> None:
        """Check a URL below STATIC_URL that was not collected. The application may still serve it."""
        status = self._get(self.urls.address(reference.url)).status
        if status == 200:
            return  # another tool has created it, such as django-compressor
        found = self._place(reference, place)
        verdict = judge(name, build()) if self.urls.collection else None
        fault = f"refers to {urlsplit(reference.url).path}, which answers {status}."
        hint = verdict.hint if verdict else plain_names.TAG_HINT
        self._complain(referrer, fault, hint, of_text(name) if found == NOWHERE else found, missing=name)

    def _dynamic(self, referrer: str, reference: Needed, place: Place) -> None:
        """Check a file at the root (/favicon.ico) or the URL of a view. Skip uploads, because there are none."""
        path = urlsplit(reference.url).path
        media = urljoin(self.urls.origin, settings.MEDIA_URL or "")
        if media != self.urls.origin and reference.url.startswith(media):
            return
        known = reference.url in self._answers
        url, response = (reference.url, self._answers[reference.url]) if known else arrive(self.client, reference.url)
        self._answers[reference.url] = response
        if response.status in GONE:
            fault = f"refers to {path}, which answers {response.status}."
            self._complain(referrer, fault, "", self._place(reference, place))
        elif response.status == 200 and not known:
            self._waiting += ((f"The file {path}", inner, NOWHERE) for inner in needed(url, response))

    def _get(self, address: str) -> Response:
        if address not in self._answers:
            self._answers[address] = self.client.get(address, {"Accept-Encoding": "identity"})
        return self._answers[address]

    def own_source(self, name: str) -> Path | None:
        """Return the source file of a collected file when it is the site's own."""
        source = self.urls.collection.source(name) if self.urls.collection else None
        return source if source and is_own(source) else None

    @staticmethod
    def _place(reference: Needed, place: Place) -> Place:
        return place if place != NOWHERE else of_text(reference.written)

    def _complain(
        self,
        subject: str,
        fault: str,
        hint: str = "",
        place: Place = NOWHERE,
        level: Level = Level.ERROR,
        missing: str = "",
    ) -> None:
        self.complaints.append(Complaint(SERVED_WRONGLY, level, subject, fault, hint, *place, missing))
