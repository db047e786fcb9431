"""The pages of a new site, how to reach each of them, and a browser page that collects all errors."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response

from browser.tls import Front

PASSWORD = "harbour-lane-nine"
EDITOR, MEMBER = "ada", "ben"  # a superuser, and a user with an empty admin
ADMIN = "/admin/"
TIMEOUT = 120.0  # seconds after which a test gives up; a working site is faster, even on a busy machine

# Chromium does not report every violation of the policy on the console.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) =>
  console.error(`CSP: ${violation.violatedDirective} forbids ${violation.blockedURI} ${violation.sample}`));
"""


def wait_until(page: Page, expression: str, seconds: float = TIMEOUT) -> None:
    """Wait until a JavaScript expression is true; playwright's `wait_for_function` needs a CSP that allows eval."""
    for _ in range(int(seconds * 20)):
        with contextlib.suppress(Error):  # the page may be reloading
            if page.evaluate(expression):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"not true after {seconds} seconds: {expression}")


@dataclass(frozen=True)
class Production:
    """A running site in production behind HTTPS, with a database of its own."""

    front: Front
    database: Path

    @contextlib.contextmanager
    def without_users(self) -> Iterator[None]:
        """Rename the table of users for a while, so that signing in ends in an error 500."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("ALTER TABLE accounts_user RENAME TO gone")
            try:
                yield
            finally:
                connection.execute("ALTER TABLE gone RENAME TO accounts_user")


class Visit:
    """A browser page. ``errors`` collects all errors of the browser; ``document`` is the response of the last page."""

    def __init__(self, context: BrowserContext, production: Production) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(TIMEOUT * 1000)
        self.production = production
        self.errors: list[str] = []
        self.document: Response | None = None
        self.expected = 200
        self.page.add_init_script(REPORT_VIOLATIONS)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        self.page.on("requestfailed", self._on_request_failed)
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def goto(self, path: str, **options: Any) -> None:
        self.page.goto(self.production.front.origin + path, **{"wait_until": "networkidle", **options})

    def sign_in(self, name: str) -> None:
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_load_state("networkidle")

    def _is_the_document(self, url: str) -> bool:
        return self.document is not None and self.document.url == url and self.document.status == self.expected

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium reports the status of an error page on the console; no other message is expected.
        known = message.text.startswith("Failed to load resource") and self.expected >= 400
        if not (known and self._is_the_document(message.location["url"])):
            self.errors.append(f"console: {message.text}")

    def _on_request_failed(self, request: Request) -> None:
        self.errors.append(f"failed: {request.url} {request.failure}")

    def _on_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if host and host != "localhost" and not host.endswith(".localhost"):
            self.errors.append(f"another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.document = response
        if response.status >= 400 and not self._is_the_document(response.url):
            self.errors.append(f"{response.status}: {response.url}")


# --- How to reach a page ----------------------------------------------------------------------------------------------


def open_path(path: str) -> Callable[[Visit], None]:
    return lambda visit: visit.goto(path)


def open_signed_out_page(visit: Visit) -> None:
    visit.goto("/accounts/login/")
    visit.sign_in(MEMBER)
    visit.page.get_by_role("button", name="Sign out").click()
    visit.page.wait_for_load_state("networkidle")


def open_at_foreign_host(visit: Visit) -> None:
    port = visit.production.front.port
    visit.page.goto(f"https://strange.localhost:{port}/", wait_until="networkidle")


def open_without_permission(visit: Visit) -> None:
    visit.expected = 200
    visit.goto(f"/accounts/login/?next={ADMIN}")
    visit.sign_in(MEMBER)
    visit.expected = 403
    visit.goto(f"{ADMIN}accounts/user/")


def send_without_csrf_cookie(visit: Visit) -> None:
    visit.expected = 200
    visit.goto("/accounts/login/")
    visit.page.context.clear_cookies()
    visit.expected = 403
    visit.sign_in(MEMBER)


def open_failing_page(visit: Visit) -> None:
    visit.expected = 200
    visit.goto("/accounts/login/")
    visit.expected = 500
    with visit.production.without_users():
        visit.sign_in(MEMBER)


@dataclass(frozen=True)
class SitePage:
    """A page to visit: its name, how to reach it, its heading and status, and whether the editor is signed in."""

    name: str
    open: Callable[[Visit], None]
    heading: str
    status: int = 200
    signed_in: bool = False

    def visit(self, visit: Visit) -> None:
        """Go there and check that it is the right page."""
        visit.expected = self.status
        self.open(visit)
        assert visit.document is not None
        assert visit.document.status == self.status
        assert visit.page.locator("h1").filter(visible=True).all_inner_texts() == [self.heading]


SITE_PAGES = [
    SitePage("home", open_path("/"), "My Site"),
    SitePage("about", open_path("/about/"), "About My Site"),
    SitePage("sign-in", open_path(f"/accounts/login/?next={ADMIN}"), "Sign in"),
    SitePage("signed-out", open_signed_out_page, "You are signed out"),
    SitePage("password-reset", open_path("/accounts/password_reset/"), "Reset your password"),
    SitePage("password-reset-sent", open_path("/accounts/password_reset/done/"), "Look into your mailbox"),
    SitePage("password-reset-expired", open_path("/accounts/reset/MQ/old/"), "This link does not work any more"),
    SitePage("password-change", open_path("/accounts/password_change/"), "Change your password", signed_in=True),
    SitePage("400", open_at_foreign_host, "This request could not be read", 400),
    SitePage("403", open_without_permission, "This page is not open to you", 403),
    SitePage("403-csrf", send_without_csrf_cookie, "This form was not accepted", 403),
    SitePage("404", open_path("/no/such/page/"), "There is no such page", 404),
    SitePage("500", open_failing_page, "Something broke on our side", 500),
    SitePage("admin-sign-in", open_path(f"{ADMIN}login/"), "My Site"),
    SitePage("admin-index", open_path(ADMIN), "Site administration", signed_in=True),
    SitePage("admin-list", open_path(f"{ADMIN}accounts/user/"), "Select user to change", signed_in=True),
    SitePage("admin-add", open_path(f"{ADMIN}accounts/user/add/"), "Add user", signed_in=True),
    SitePage("admin-change", open_path(f"{ADMIN}accounts/user/1/change/"), "Change user", signed_in=True),
]
