"""The developer's browser: a styled page at once, pages that reload themselves, a toolbar, and no complaint."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site
from playwright.sync_api import Browser, Page
from servers import free_port, served

from browser.visits import TELL_VIOLATIONS, until


@pytest.fixture(scope="module")
def development(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The quick start in a copy of the site: `migrate`, then `runserver` with its reloader and with what .env says.

    Yields the folder of the copy and its address.
    """
    folder = tmp_path_factory.mktemp("development")
    mine = Site(folder / "my-site", site.output)
    shutil.copytree(site.path, mine.path, ignore=shutil.ignore_patterns(".venv"), symlinks=True)
    (mine.path / ".venv").symlink_to(site.path / ".venv", target_is_directory=True)
    migrated = mine.manage("migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    port = free_port()
    with served([str(mine.python), "manage.py", "runserver", str(port)], mine.path, folder / "log", port):
        yield mine.path, f"http://localhost:{port}/"


@pytest.fixture
def page(browser: Browser, development: tuple[Path, str]) -> Iterator[Page]:
    """A page that fails the test when the browser complains of anything; it is closed before the server ends."""
    _, address = development
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(TELL_VIOLATIONS)
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("response", lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    page.on("request", lambda r: None if r.url.startswith(address) else complaints.append(f"elsewhere: {r.url}"))
    page.on(
        "requestfailed",  # a page that loads anew aborts what it was waiting for, and that is no failure
        lambda r: None if r.failure == "net::ERR_ABORTED" else complaints.append(f"failed: {r.url} {r.failure}"),
    )
    yield page
    context.close()
    assert complaints == []


def test_a_fresh_site_is_styled_and_reloads_itself(development: tuple[Path, str], page: Page) -> None:
    folder, address = development
    page.goto(address)
    assert page.title() == "My Site"
    assert page.evaluate("[...document.styleSheets].every((sheet) => sheet.cssRules.length > 0)")
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.wait_for_timeout(1500)  # the reloader looks at the files once a second, and has to have seen them

    change(folder / "pages/templates/pages/home.html", '{% translate "It works." %}', "It changed.")
    page.get_by_text("It changed.").wait_for(timeout=15_000)

    change(folder / "static/css/colours.css", "light-dark(#0b5f3c,", "light-dark(#804000,")
    until(page, "getComputedStyle(document.querySelector('.skip-link')).backgroundColor === 'rgb(128, 64, 0)'")


def test_the_toolbar_opens_under_the_policy(development: tuple[Path, str], page: Page) -> None:
    _, address = development
    page.goto(address + "about/")
    toolbar = page.locator("#djDebugToolbar")
    assert not toolbar.is_visible(), "it covers the page until it is asked for"
    page.locator("#djShowToolBarButton").click()
    toolbar.wait_for(state="visible")
    for panel in ("SettingsPanel", "HeadersPanel", "StaticFilesPanel", "TemplatesPanel"):
        page.locator(f"#djdt-{panel} a").click()
        page.locator(f"#{panel}").wait_for(state="visible")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
