"""Check the error pages, with and without the manifest. The error page 500 must work without it (rule S7)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from django.test.utils import override_settings

from ..findings import Level
from ..rehearsal import one_line
from .clients import Client, Response
from .complaints import Complaint
from .places import of_exception

NUMBER = 87
PREFIX = "staticproof/provoked/"
NOT_FOUND = f"/{PREFIX}not-found/"
# Path -> the error page that must come, and its status. `provoked_urls.py` has views for all paths except NOT_FOUND,
# which does not exist on any site.
EXPECTED = {
    f"/{PREFIX}bad-request/": ("The error page 400", 400),
    f"/{PREFIX}forbidden/": ("The error page 403", 403),
    f"/{PREFIX}csrf-failure/": ("The error page 403 for a refused form", 403),
    NOT_FOUND: ("The error page 404", 404),
    f"/{PREFIX}server-error/": ("The error page 500", 500),
}
INDEPENDENT = (
    "Do not use {% static %} in this page or in a template that it extends. It must work without the manifest."
)

OUT_OF_REACH = "cannot be proven: the site does not use the proof's settings or URL patterns."
REACH = "Use os.environ.setdefault() in wsgi.py. A middleware that sets request.urlconf also hides the proof's pages."


class Provoked(RuntimeError):
    """The exception behind the error page 500 of a rehearsal."""


@dataclass(frozen=True)
class Provocation:
    """A requested error page: its name in messages, the URL, the expected status, and the response."""

    subject: str
    url: str
    status: int
    response: Response

    @property
    def errors(self) -> list[BaseException]:
        """The exceptions other than the provoked one."""
        return [error for error in self.response.errors if not isinstance(error, Provoked)]

    @property
    def is_shown(self) -> bool:
        """Whether the site showed this error page with the expected status."""
        return self.response.status == self.status and not self.errors

    @property
    def is_right(self) -> bool:
        """Whether the page has no fault. A site whose last pattern matches every path need not have a page 404."""
        return self.is_shown or (self.status == 404 and self.response.status < 400)

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the site does not have the proof's URL, so that the error page stays unproven."""
        return self.status != 404 and self.response.status == 404 and not self.errors


def provoke(client: Client, origin: str) -> list[Provocation]:
    """Request every error page of the site at ``origin``."""
    urls = {path: urljoin(origin, path) for path in EXPECTED}
    return [
        Provocation(subject, urls[path], status, client.get(urls[path])) for path, (subject, status) in EXPECTED.items()
    ]


def broken(pages: list[Provocation]) -> Iterator[Complaint]:
    """Yield a complaint for each error page that is wrong although no static file is missing."""
    for page in pages:
        if page.is_out_of_reach:
            yield Complaint(NUMBER, Level.WARNING, page.subject, OUT_OF_REACH, REACH)
        elif not page.is_right:
            yield _complaint(page, "", "")


def dependent(client: Client, origin: str, pages: list[Provocation]) -> Iterator[Complaint]:
    """Yield a complaint when the error page 500 needs the manifest of the static files.

    The other error pages may need it, because Django shows the page 500 when they fail. ``client`` must call the
    application in this process, so that the storage uses the empty STATIC_ROOT of this function.
    """
    with tempfile.TemporaryDirectory(prefix="staticproof-") as empty, override_settings(STATIC_ROOT=empty):
        for before, page in zip(pages, provoke(client, origin), strict=True):
            if before.status == 500 and before.is_shown and not page.is_shown:
                yield _complaint(page, " when the manifest of the static files is missing", INDEPENDENT)


def _complaint(page: Provocation, when: str, hint: str) -> Complaint:
    if not page.errors:
        fault = f"answers {page.response.status}{when}."
        return Complaint(NUMBER, Level.ERROR, page.subject, fault, hint)
    error = page.errors[0]
    return Complaint(NUMBER, Level.ERROR, page.subject, f"fails{when}: {one_line(error)}", hint, *of_exception(error))
