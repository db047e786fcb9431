"""A user resets and changes the password in a browser, with a real SMTP server and the site in production."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import Message

import pytest
from browser.fixtures import Tls
from browser.tls import https
from browser.visits import Production, Visit
from conftest import PRODUCTION, Site
from playwright.sync_api import Browser
from production.services import Mailbox, own_mail_server
from servers import procfile

OLD, NEW, NEWEST = "harbour-lane-nine", "harbour-lane-ten", "harbour-lane-eleven"
USER = f"from accounts.models import User; User.objects.create_user('ben', 'ben@example.org', {OLD!r})"

Running = tuple[Production, Mailbox]


@pytest.fixture(scope="module")
def running(site: Site, tls: Tls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("mail")
    with own_mail_server() as (url, mailbox):
        environment = PRODUCTION | {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "EMAIL_URL": url}
        for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "--command", USER]):
            done = site.manage(*command, cwd=site.path, **environment)
            assert done.returncode == 0, done.stderr
        with procfile(site, folder / "web.log", **environment) as (port, _), https(port, tls[0]) as front:
            yield Production(front, folder / "db.sqlite3"), mailbox
        log = (folder / "web.log").read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert log.count("/reset/") == log.count("/[token]/") + log.count("/set-password/") + log.count("/reset/done/")


@pytest.fixture
def visit(browser: Browser, running: Running) -> Iterator[Callable[[], Visit]]:
    visits: list[Visit] = []

    def open_page() -> Visit:
        visits.append(Visit(browser.new_context(), running[0]))
        return visits[-1]

    yield open_page
    for opened in visits:
        opened.page.context.close()
    assert [error for opened in visits for error in opened.errors] == []


def text_and_html(message: Message) -> tuple[str, str]:
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in message.walk()}
    text, html = parts["text/plain"], parts["text/html"]
    assert isinstance(text, bytes)
    assert isinstance(html, bytes)
    return text.decode(), html.decode()


def sign_in(seen: Visit, password: str) -> None:
    seen.goto("/accounts/login/")
    fill(seen, username="ben", password=password)


def fill(seen: Visit, **fields: str) -> None:
    for name, value in fields.items():
        seen.page.fill(f"[name={name}]", value)
    seen.page.press(f"[name={name}]", "Enter")
    seen.page.wait_for_load_state("networkidle")


def heading(seen: Visit) -> str:
    return seen.page.locator("h1").inner_text()


def test_a_forgotten_password(visit: Callable[[], Visit], running: Running) -> None:
    production, mailbox = running
    seen = visit()
    seen.goto("/accounts/login/")
    seen.page.get_by_role("link", name="Forgotten your password?").click()
    fill(seen, email="ben@example.org")
    assert heading(seen) == "Look into your mailbox"

    [message] = mailbox.wait(1)
    assert (message["To"], message["Subject"]) == ("ben@example.org", "Reset your password for My Site")
    text, html = text_and_html(message)
    [link] = re.findall(r"https://\S+", text)
    assert link.startswith(production.front.origin + "/accounts/reset/")
    assert f'<a href="{link}">' in html

    elsewhere = visit()  # the mail is opened in another browser
    elsewhere.page.goto(link, wait_until="networkidle")
    fill(elsewhere, new_password1=NEW, new_password2=NEW)
    elsewhere.page.locator("main").get_by_role("link", name="Sign in").click()
    fill(elsewhere, username="ben", password=NEW)
    assert elsewhere.page.get_by_role("button", name="Sign out").is_visible()

    seen.page.goto(link, wait_until="networkidle")
    assert heading(seen) == "This link does not work any more"
    sign_in(seen, OLD)
    assert seen.page.locator(".errorlist").is_visible()
    sign_in(seen, NEW)

    seen.page.get_by_role("link", name="Change your password").click()
    fill(seen, old_password=NEW, new_password1=NEWEST, new_password2=NEWEST)
    assert heading(seen) == "Your password is changed"
    elsewhere.goto("/")
    assert elsewhere.page.get_by_role("link", name="Sign in").is_visible(), "other browsers are signed out"
    sign_in(elsewhere, NEWEST)
    assert elsewhere.page.get_by_role("button", name="Sign out").is_visible()
