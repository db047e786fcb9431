"""One site in production for all tests here, in each pytest worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import PRODUCTION, Site
from playwright.sync_api import Browser, BrowserContext
from servers import procfile

from browser.fixtures import Tls
from browser.tls import https
from browser.visits import EDITOR, MEMBER, PASSWORD, Production, Visit

USERS = f"""
from accounts.models import User
User.objects.create_superuser({EDITOR!r}, "ada@example.com", {PASSWORD!r})
User.objects.create_user({MEMBER!r}, password={PASSWORD!r}, is_staff=True)
"""


@pytest.fixture(scope="session")
def production(site: Site, tls: Tls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """The generated site, started by its Procfile, behind HTTPS, with two users."""
    folder = tmp_path_factory.mktemp("production")
    database = folder / "db.sqlite3"
    environment = PRODUCTION | {"DATABASE_URL": f"sqlite:///{database}"}
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "--command", USERS]):
        done = site.manage(*command, cwd=site.path, **environment)
        assert done.returncode == 0, done.stderr
    with procfile(site, folder / "web.log", **environment) as (port, _), https(port, tls[0]) as front:
        yield Production(front, database)


@pytest.fixture(scope="session")
def editor(browser: Browser, production: Production) -> Iterator[BrowserContext]:
    """A browser context in which the editor is signed in."""
    context = browser.new_context()
    visit = Visit(context, production)
    visit.goto("/accounts/login/")
    visit.sign_in(EDITOR)
    assert visit.errors == []
    assert {cookie.get("name") for cookie in context.cookies()} >= {"__Host-sessionid", "__Host-csrftoken"}
    visit.page.close()
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, production: Production) -> Iterator[Callable[..., Visit]]:
    """A function that opens a page in a new browser context, or in a given one; browser errors fail the test.

    The options are those of playwright's `new_context`.
    """
    visits: list[Visit] = []
    contexts: list[BrowserContext] = []

    def open_page(context: BrowserContext | None = None, **options: object) -> Visit:
        if context is None:
            context = browser.new_context(**options)  # type: ignore[arg-type]
            contexts.append(context)
        visits.append(Visit(context, production))
        return visits[-1]

    yield open_page
    for opened in visits:
        opened.page.close()
    for context in contexts:
        context.close()
    assert [error for opened in visits for error in opened.errors] == []
