"""Check the error pages, with and without the manifest. The error page 500 must work without it (rule S7)."""

from __future__ import annotations

import tempfile
from urllib.parse import urljoin

from django.test.utils import override_settings

from ..findings import Level
from ..rehearsal import one_line
from .clients import Response, needs_login
from .complaints import Complaint
from .crawl import Crawl
from .places import of_exception

NUMBER = 87
PREFIX = "staticproof/provoked/"
NOT_FOUND = f"/{PREFIX}not-found/"
SERVER_ERROR = f"/{PREFIX}server-error/"
# Path -> the error page that must come, and its status. `provoked_urls.py` has views for all paths except NOT_FOUND,
# which does not exist on any site.
EXPECTED = {
    f"/{PREFIX}bad-request/": ("The error page 400", 400),
    f"/{PREFIX}forbidden/": ("The error page 403", 403),
    f"/{PREFIX}csrf-failure/": ("The error page 403 for a refused form", 403),
    NOT_FOUND: ("The error page 404", 404),
    SERVER_ERROR: ("The error page 500", 500),
}
INDEPENDENT = (
    "Do not use {% static %} in this page or in a template that it extends. It must work without the manifest."
)
OUT_OF_REACH = "cannot be proven: the site does not use the proof's settings or URL patterns."
REACH = "Use os.environ.setdefault() in wsgi.py. A middleware that sets request.urlconf also hides the proof's pages."


class Provoked(RuntimeError):
    """The exception behind the error page 500 of a rehearsal."""


def check(walk: Crawl) -> list[Complaint]:
    """Request every error page of a rehearsal, and queue its references. Return the complaints about these pages."""
    found: list[Complaint] = []
    for path, (subject, status) in EXPECTED.items():
        url, response = walk.ask(subject, path, status)
        walk.read(subject, url, response)
        errors = _errors(response)
        if errors:
            level, fault = Level.ERROR, f"fails: {one_line(errors[0])}"
            if any(map(walk.cannot_prove, errors)):
                level, fault = Level.WARNING, f"cannot be proven, because it {fault}"
            found.append(Complaint(NUMBER, level, subject, fault, "", *of_exception(errors[0])))
        elif response.status == status or (status == 404 and response.status < 400):
            pass  # a site whose last URL pattern matches every path has no page 404
        elif response.status == 404 or needs_login(response):
            found.append(Complaint(NUMBER, Level.WARNING, subject, OUT_OF_REACH, REACH))
        else:
            found.append(Complaint(NUMBER, Level.ERROR, subject, f"answers {response.status}."))
    return found


def dependent(walk: Crawl, broken: list[Complaint]) -> list[Complaint]:
    """Return a complaint when the error page 500 needs the manifest of the static files. ``broken``: see `check`.

    The other error pages may need it, because Django shows the page 500 when they fail.
    """
    subject = EXPECTED[SERVER_ERROR][0]
    if any(complaint.subject == subject for complaint in broken):
        return []
    walk.progress("error page 500 without the manifest")
    with tempfile.TemporaryDirectory(prefix="staticproof-") as empty, override_settings(STATIC_ROOT=empty):
        response = walk.client.get(urljoin(walk.urls.origin, SERVER_ERROR))
    if not (errors := _errors(response)):
        return []
    fault = f"fails when the manifest of the static files is missing: {one_line(errors[0])}"
    return [Complaint(NUMBER, Level.ERROR, subject, fault, INDEPENDENT, *of_exception(errors[0]))]


def _errors(response: Response) -> list[BaseException]:
    return [error for error in response.errors if not isinstance(error, Provoked)]
