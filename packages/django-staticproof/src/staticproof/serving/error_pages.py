"""The error pages, with the manifest and without it: the page 500 may not need what has just failed (rule S7)."""

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
# What to ask for -> what is shown then, and the status that must come. `provoked_urls.py` answers all but NOT_FOUND,
# which no site has.
EXPECTED = {
    f"/{PREFIX}bad-request/": ("The error page 400", 400),
    f"/{PREFIX}forbidden/": ("The error page 403", 403),
    f"/{PREFIX}csrf-failure/": ("The error page 403 for a refused form", 403),
    NOT_FOUND: ("The error page 404", 404),
    f"/{PREFIX}server-error/": ("The error page 500", 500),
}
INDEPENDENT = "Neither use {% static %} in the page nor extend a template that does: it is shown when that fails."

OUT_OF_REACH = "cannot be proven: the site does not use the settings or the URL patterns that the proof gives it."
REACH = "Write os.environ.setdefault() in wsgi.py; a middleware that sets request.urlconf hides the pages as well."


class Provoked(RuntimeError):
    """The exception behind the error page 500 of a rehearsal."""


@dataclass(frozen=True)
class Provocation:
    """An error page that was asked for: its name in messages, the URL, the status that must come, and what came."""

    subject: str
    url: str
    status: int
    response: Response

    @property
    def errors(self) -> list[BaseException]:
        """The exceptions other than the provoked one."""
        return [error for error in self.response.errors if not isinstance(error, Provoked)]

    @property
    def came(self) -> bool:
        """Whether this error page was shown at all, as it must be."""
        return self.response.status == self.status and not self.errors

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong. A site whose last pattern takes every path has no page 404 to show."""
        return self.came or (self.status == 404 and self.response.status < 400)

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the site does not know the provoking page, so that the error page stays unproven."""
        return self.status != 404 and self.response.status == 404 and not self.errors


def provoke(client: Client, origin: str) -> list[Provocation]:
    """Ask for every error page of the site at ``origin``."""
    urls = {path: urljoin(origin, path) for path in EXPECTED}
    return [
        Provocation(subject, urls[path], status, client.get(urls[path])) for path, (subject, status) in EXPECTED.items()
    ]


def broken(pages: list[Provocation]) -> Iterator[Complaint]:
    """Complain of error pages that do not come out right although nothing is missing."""
    for page in pages:
        if page.is_out_of_reach:
            yield Complaint(NUMBER, Level.WARNING, page.subject, OUT_OF_REACH, REACH)
        elif not page.is_right:
            yield _complaint(page, "", "")


def dependent(client: Client, origin: str, pages: list[Provocation]) -> Iterator[Complaint]:
    """Complain of an error page 500 that comes out right only while the manifest of the static files can be read.

    The others may need it: where they fail, the page 500 is shown. ``client`` has to call the application in this
    process, where the storage can be given an empty STATIC_ROOT.
    """
    with tempfile.TemporaryDirectory(prefix="staticproof-") as empty, override_settings(STATIC_ROOT=empty):
        for before, page in zip(pages, provoke(client, origin), strict=True):
            if before.status == 500 and before.came and not page.came:
                yield _complaint(page, " when the manifest of the static files is missing", INDEPENDENT)


def _complaint(page: Provocation, when: str, hint: str) -> Complaint:
    if not page.errors:
        fault = f"answers {page.response.status}{when}."
        return Complaint(NUMBER, Level.ERROR, page.subject, fault, hint)
    error = page.errors[0]
    return Complaint(NUMBER, Level.ERROR, page.subject, f"fails{when}: {one_line(error)}", hint, *of_exception(error))
