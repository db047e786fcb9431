"""Fetching the pages of a site, and following what they refer to: HTML, then stylesheets, then scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urljoin, urlsplit

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch

from ..findings import Level
from ..project import is_own
from ..reading.index import build
from ..reading.names import judge
from ..rehearsal import said
from . import responses
from .clients import Client, Response, UnreachableError
from .complaints import Complaint
from .documents import Needed, needed
from .places import NOWHERE, Place, of_exception, of_text
from .static_urls import StaticUrls

SERVED_WRONGLY = 86
REDIRECTS = 5  # as many as a page may take to arrive; browsers give up at 20
MOVED = {301, 302, 303, 307, 308}
GONE = {404, 410}
UNKNOWN = re.compile(r"Missing staticfiles manifest entry for '(.+)'")  # what ManifestFilesMixin raises
TAG_HINT = "Write {% static 'path' %} in the template, so that the page names the hashed file."


@dataclass
class Crawl:
    """A walk over one site. Call `page` for each path, then `follow`; what was found is in the attributes.

    ``explain`` asks the same application in this process, where a failing page can be asked for its reason; it may be
    the client itself, and is None for a deployed site. ``prepare`` makes the tables of its databases; it is called
    once, when the first page fails, for it takes long and many sites do without. ``checked`` holds the names of the
    static files that went through the full check, ``headers`` counts the headers looked at.
    """

    client: Client
    urls: StaticUrls
    progress: Callable[[str], None]
    explain: Client | None = None
    prepare: Callable[[], None] | None = None
    complaints: list[Complaint] = field(default_factory=list)
    fetched: int = 0
    need_login: int = 0
    failed: int = 0
    others: int = 0
    checked: set[str] = field(default_factory=set)
    headers: responses.Headers = field(default_factory=responses.Headers)
    _waiting: list[tuple[str, Needed, Place]] = field(default_factory=list)
    _answers: dict[str, Response] = field(default_factory=dict)

    def page(self, path: str) -> None:
        """Fetch a page and take up what it refers to. A page that fails is a complaint."""
        self.progress(f"page {path}")
        subject = f"The page {path}"
        wanted = urljoin(self.urls.origin, path)
        try:
            url, response = arrive(self.client, wanted)
            if response.status >= 500 and self.prepare:
                self.progress("making the tables of the database")
                self.prepare()
                self.prepare = None
                url, response = arrive(self.client, wanted)
        except UnreachableError as error:
            self._complain(subject, f"gives no answer: {error}", "")
            return
        if response.status in MOVED:
            self._redirected(response)
        elif response.status in {401, 403}:
            self.need_login += 1
        elif response.status >= 500:
            self.failed += 1
            self._failed(subject, url, response)
        elif response.status != 200:
            self.others += 1  # it wants a query or another method, or has nothing to show in an empty database
        else:
            self.fetched += 1
            self.read(subject, url, response)

    def read(self, subject: str, url: str, response: Response) -> None:
        """Take up what a document refers to, for `follow`."""
        self._waiting += ((subject, reference, NOWHERE) for reference in needed(url, response))

    def follow(self) -> None:
        """Check everything that was referred to, and what that refers to, until nothing new comes up."""
        while self._waiting:
            referrer, reference, place = self._waiting.pop()
            name = self.urls.name(reference.url)
            try:
                if name is not None:
                    self._static(referrer, reference, place, name)
                elif urlsplit(reference.url).netloc == urlsplit(self.urls.origin).netloc:
                    self._dynamic(referrer, reference, place)
            except UnreachableError as error:
                self._complain(referrer, f"refers to {reference.written}: {error}", "", place)

    def _redirected(self, response: Response) -> None:
        if _is_login(response.headers.get("location", "")):
            self.need_login += 1
        else:
            self.others += 1

    def _failed(self, subject: str, url: str, response: Response) -> None:
        """Only a fault of the static files is an error of theirs; with any other the page remains unproven."""
        if self.explain and not response.errors:
            response = arrive(self.explain, url)[1]
        if not response.errors:
            # 503 is what a view says on purpose, for example about a service that is not there now.
            level = Level.ERROR if response.status == 500 else Level.NOTE
            self._complain(subject, f"answers {response.status}.", "", level=level)
            return
        error = response.errors[0]
        file, line = of_exception(error)
        if unknown := UNKNOWN.search(str(error)):
            verdict = judge(unknown[1], build())
            reason, hint = (verdict.message, verdict.hint) if verdict else (str(error), "")
            self._complain(subject, f"fails: {reason}", hint, (file, line))
            return
        level = Level.WARNING if file else Level.NOTE
        self._complain(subject, f"cannot be proven, for it fails: {said(error)}", "", (file, line), level)

    def _static(self, referrer: str, reference: Needed, place: Place, name: str) -> None:
        collection = self.urls.collection
        address = self.urls.address(reference.url)
        shown = urlsplit(reference.url).path
        if name in self.checked:
            return
        is_hashed = name in collection.hashed if collection else bool(responses.HASHED.search(name))
        if not is_hashed:
            if collection and name in collection.names:
                fault = f"refers to {shown} by its plain name: caches keep it stale, or it is not served at all."
            elif (response := self._get(address)).status != 200:
                fault = f"refers to {shown}, which answers {response.status}."
            else:
                fault = f"refers to {shown}, which has no hash in its name."
            self._complain(referrer, fault, TAG_HINT, self._place(reference, place))
            return
        self.checked.add(name)
        self.progress(f"file {name}")
        source = collection.source(name) if collection else None
        expected = responses.Expected(address, collection.root / name if collection else None)
        for fault, hint in responses.full(self.client, expected, self.headers):
            self._complain(shown, fault, hint, (source if source and is_own(source) else None, None))
        for inner in needed(reference.url, self._get(address)):
            inner_place = (source, inner.line) if source and is_own(source) else NOWHERE
            self._waiting.append((f"The file {shown}", inner, inner_place))

    def _dynamic(self, referrer: str, reference: Needed, place: Place) -> None:
        """A file at the root (/favicon.ico) or one that a view makes. Uploads are left out: a rehearsal has none."""
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

    @staticmethod
    def _place(reference: Needed, place: Place) -> Place:
        return place if place != NOWHERE else of_text(reference.written)

    def _complain(
        self, subject: str, fault: str, hint: str, place: Place = NOWHERE, level: Level = Level.ERROR
    ) -> None:
        self.complaints.append(Complaint(SERVED_WRONGLY, level, subject, fault, hint, *place))


def arrive(client: Client, url: str) -> tuple[str, Response]:
    """Follow redirects within the site, but not to a login; returns where they led and the answer there."""
    response = client.get(url)
    for _ in range(REDIRECTS):
        target = urljoin(url, response.headers.get("location", "")).partition("#")[0]
        if response.status not in MOVED or _is_login(target) or not _same_site(target, url):
            break
        url, response = target, client.get(target)
    return url, response


def _is_login(location: str) -> bool:
    """Whether a redirect asks for a login: to LOGIN_URL, or with the page to return to, as the admin does it."""
    parts = urlsplit(location)
    try:
        login = urlsplit(resolve_url(settings.LOGIN_URL)).path
    except NoReverseMatch:
        login = ""
    return parts.path == login or "next" in parse_qs(parts.query)


def _same_site(url: str, other: str) -> bool:
    """Whether a redirect stays on the site; to `www.` and back counts."""
    hosts = {(urlsplit(address).hostname or "").removeprefix("www.") for address in (url, other)}
    return len(hosts) == 1
