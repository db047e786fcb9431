"""Fetch the pages of a site, and follow their references: HTML, then stylesheets, then scripts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch

from ..findings import Level
from ..project import is_own
from ..reading.index import build
from ..reading.names import judge
from ..rehearsal import one_line
from . import csp, plain_names, responses
from .clients import Client, Response, UnreachableError
from .complaints import Complaint
from .databases import Databases
from .documents import Needed, needed
from .places import NOWHERE, Place, is_own_view, of_exception, of_text
from .static_urls import StaticUrls

SERVED_WRONGLY = 86
BLOCKED = 88
REDIRECTS = 5  # follow at most so many redirects; browsers stop after 20
MOVED = {301, 302, 303, 307, 308}
GONE = {404, 410}
UNKNOWN = re.compile(r"Missing staticfiles manifest entry for '(.+)'")  # the message of ManifestFilesMixin


@dataclass
class Crawl:
    """A walk over one site. Call `page` for each path, then `follow`. The attributes contain the results.

    ``databases`` get their tables when the first page needs them. They are None for a deployed site. ``cookie`` is a
    function that returns the session cookie for pages behind a login. ``judged`` is false when the proof serves the
    static files itself, so that their headers are not checked. ``deadline`` is the time (`time.monotonic`) to stop.
    ``checked`` are the names of the static files that were requested.
    """

    client: Client
    urls: StaticUrls
    progress: Callable[[str], None]
    databases: Databases | None = None
    cookie: Callable[[], str] | None = None
    judged: bool = True
    deadline: float = float("inf")
    complaints: list[Complaint] = field(default_factory=list)
    fetched: int = 0
    need_login: int = 0
    failed: int = 0
    others: int = 0
    left: int = 0
    checked: set[str] = field(default_factory=set)
    headers: responses.Headers = field(default_factory=responses.Headers)
    _waiting: list[tuple[str, Needed, Place]] = field(default_factory=list)
    _answers: dict[str, Response] = field(default_factory=dict)
    _missing: set[str] = field(default_factory=set)
    plain: plain_names.Uses = field(default_factory=dict)

    def page(self, path: str) -> None:
        """Fetch a page and queue its references. Add a complaint when the page fails."""
        subject = f"The page {path}"
        wanted = urljoin(self.urls.origin, path)
        try:
            url, response = self._ask(subject, wanted)
            if self.cookie and _needs_login(response):
                url, response = self._ask(subject, wanted, {"Cookie": self.cookie()})
        except UnreachableError as error:
            self._complain(subject, f"does not respond: {error}", "")
            return
        if _needs_login(response):
            self.need_login += 1
        elif response.status >= 500:
            self.failed += 1
            self._failed(subject, response)
        elif response.status != 200:
            self.others += 1  # it needs a query or another method, or it is empty without data
        else:
            self.fetched += 1
            self.read(subject, url, response)

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
            if time.monotonic() > self.deadline:
                self.left += len({reference.url for _, reference, _ in self._waiting})
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

    def _ask(self, subject: str, wanted: str, headers: Mapping[str, str] | None = None) -> tuple[str, Response]:
        """Fetch a page. Repeat when it needs the databases, and for each name that is not in the manifest."""
        url, response = arrive(self.client, wanted, headers)
        if self.databases and not self.databases.prepared and (response.status >= 500 or self.databases.touched):
            self.progress("making the tables of the database")
            self.databases.prepare()
            url, response = arrive(self.client, wanted, headers)
        while response.status >= 500 and self.add_missing_name(subject, response):
            url, response = arrive(self.client, wanted, headers)
        return url, response

    def add_missing_name(self, subject: str, response: Response) -> bool:
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

    def _failed(self, subject: str, response: Response) -> None:
        """Report a page that fails for another reason than its static files. The page stays unproven."""
        if self.databases and self.databases.findings and any(isinstance(e, DatabaseError) for e in response.errors):
            return  # another finding reports that the database could not be created
        if not response.errors:
            # A view answers 503 on purpose, for example when a service is unavailable.
            broken = Level.WARNING if self.databases else Level.ERROR
            level = broken if response.status == 500 else Level.NOTE
            self._complain(subject, f"answers {response.status}.", "", level=level)
            return
        error = response.errors[0]
        place = of_exception(error)
        level = Level.WARNING if place != NOWHERE else Level.NOTE
        self._complain(subject, f"cannot be proven, because it fails: {one_line(error)}", "", place, level)

    def _static(self, referrer: str, reference: Needed, place: Place, name: str) -> None:
        collection = self.urls.collection
        if name in self.checked or name in self._missing:
            return
        if collection is None:
            hashed = bool(responses.HASHED.search(name))
        else:
            hashed = name in collection.hashed
            if name in collection.damaged:
                return
            if name in collection.names and not hashed:
                self.plain.setdefault(name, []).append((referrer, self._place(reference, place)))
                if len(self.plain[name]) == 1:
                    self._queue_references(name, reference.url)
                return
        address = self.urls.address(reference.url)
        if not hashed:
            self._unknown(referrer, reference, place, name, address)
            return
        self.checked.add(name)
        self.progress(f"file {name}; {len(self._waiting)} more to look at")
        if self.judged:
            expected = responses.Expected(address, collection.root / name if collection else None, self._has_hash(name))
            for fault, hint in responses.full(self.client, expected, self.headers):
                place = (self._own_source(name), None)
                self._complain(urlsplit(reference.url).path, fault, hint, place, responses.level_of(fault))
        self._queue_references(name, reference.url)

    def _queue_references(self, name: str, url: str) -> None:
        """Queue the references of a static file."""
        source = self._own_source(name)
        for inner in needed(url, self._get(self.urls.address(url))):
            place = (source, inner.line) if source else NOWHERE
            self._waiting.append((f"The file {urlsplit(url).path}", inner, place))

    def _unknown(self, referrer: str, reference: Needed, place: Place, name: str, address: str) -> None:
        """Check a URL below STATIC_URL that was not collected. The application may still serve it."""
        shown = urlsplit(reference.url).path
        status = self._get(address).status
        plain = self.urls.collection is not None and self.urls.collection.plain
        if status == 200 and (plain or responses.HASHED.search(name)):
            return  # another tool has created it, such as django-compressor
        hint = plain_names.TAG_HINT
        if status != 200:
            fault = f"refers to {shown}, which answers {status}."
            verdict = judge(name, build()) if self.urls.collection else None
            hint = verdict.hint if verdict else hint
        else:
            fault = f"refers to {shown}, which has no hash in its name."
        found = self._place(reference, place)
        if found == NOWHERE:
            found = of_text(name)
        if status == 200:
            self._complain(referrer, fault, hint, found, Level.WARNING)
        else:
            self._complain(referrer, fault, hint, found, missing=name)

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

    def _has_hash(self, name: str) -> bool:
        collection = self.urls.collection
        return not collection.plain if collection else bool(responses.HASHED.search(name))

    def _own_source(self, name: str) -> Path | None:
        collection = self.urls.collection
        source = collection.source(name) if collection else None
        return source if source and is_own(source) else None

    @staticmethod
    def _place(reference: Needed, place: Place) -> Place:
        return place if place != NOWHERE else of_text(reference.written)

    def _complain(
        self,
        subject: str,
        fault: str,
        hint: str,
        place: Place = NOWHERE,
        level: Level = Level.ERROR,
        *,
        missing: str = "",
    ) -> None:
        self.complaints.append(Complaint(SERVED_WRONGLY, level, subject, fault, hint, *place, missing))


def arrive(client: Client, url: str, headers: Mapping[str, str] | None = None) -> tuple[str, Response]:
    """Follow redirects within the site, but not to a login. Return the last URL and its response."""
    response = client.get(url, headers)
    for _ in range(REDIRECTS):
        target = urljoin(url, response.headers.get("location", "")).partition("#")[0]
        if response.status not in MOVED or _is_login(target) or not _same_site(target, url):
            break
        url, response = target, client.get(target, headers)
    return url, response


def _needs_login(response: Response) -> bool:
    if response.status in MOVED:
        return _is_login(response.headers.get("location", ""))
    return response.status in {401, 403}


def _is_login(location: str) -> bool:
    """Return whether a redirect leads to a login: to LOGIN_URL, or to a URL with the next page, as in the admin."""
    parts = urlsplit(location)
    try:
        login = urlsplit(resolve_url(settings.LOGIN_URL)).path
    except NoReverseMatch:
        login = ""
    return parts.path == login or "next" in parse_qs(parts.query)


def _same_site(url: str, other: str) -> bool:
    """Return whether a redirect stays on the site. A redirect to or from `www.` does."""
    hosts = {(urlsplit(address).hostname or "").removeprefix("www.") for address in (url, other)}
    return len(hosts) == 1
