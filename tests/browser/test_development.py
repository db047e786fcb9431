"""The browser of a developer: a styled page, automatic reloads, the debug toolbar, and no errors."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from conftest import Site
from playwright.sync_api import Browser, Page
from servers import free_port, served

from browser.fixtures import ARTEFACTS
from browser.test_every_page import AXE
from browser.visits import REPORT_VIOLATIONS, TIMEOUT, wait_until


@pytest.fixture(scope="module")
def development(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Run the quick start in a copy of the site: `migrate`, then `runserver` with its reloader.

    Yield the folder of the copy and its address.
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
    """A page that fails the test if the browser reports an error; it is closed before the server stops."""
    _, address = development
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(TIMEOUT * 1000)
    page.add_init_script(REPORT_VIOLATIONS)
    page.on("console", lambda message: errors.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.on("response", lambda r: errors.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    page.on("request", lambda r: None if r.url.startswith(address) else errors.append(f"elsewhere: {r.url}"))
    page.on(
        "requestfailed",  # a page that reloads aborts its open requests, which is no failure
        lambda r: None if r.failure == "net::ERR_ABORTED" else errors.append(f"failed: {r.url} {r.failure}"),
    )
    yield page
    context.close()
    assert errors == []


def test_a_new_site_is_styled_and_reloads_itself(development: tuple[Path, str], page: Page) -> None:
    folder, address = development
    page.goto(address)
    assert page.title() == "My Site"
    assert page.evaluate("[...document.styleSheets].every((sheet) => sheet.cssRules.length > 0)")
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.wait_for_timeout(1500)  # the reloader checks the files once a second and must have seen the old ones

    change(folder / "pages/templates/pages/home.html", "Start here", "It changed.")
    page.get_by_text("It changed.").wait_for()

    change(folder / "static/css/colours.css", "light-dark(#0b5f3c,", "light-dark(#804000,")
    wait_until(page, "getComputedStyle(document.querySelector('.skip-link')).backgroundColor === 'rgb(128, 64, 0)'")


def test_the_toolbar_opens_under_the_policy(development: tuple[Path, str], page: Page) -> None:
    _, address = development
    page.goto(address + "about/")
    toolbar = page.locator("#djDebugToolbar")
    assert not toolbar.is_visible(), "the toolbar covers the page before anyone opens it"
    page.locator("#djShowToolBarButton").click()
    toolbar.wait_for(state="visible")
    for panel in ("SettingsPanel", "HeadersPanel", "StaticFilesPanel", "TemplatesPanel"):
        page.locator(f"#djdt-{panel} a").click()
        page.locator(f"#{panel}").wait_for(state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_plain_elements_are_styled_and_accessible(
    development: tuple[Path, str], page: Page, scheme: Literal["light", "dark"]
) -> None:
    """The page /styles/ has a form with errors, text, lists, a table, code, a figure and pagination."""
    page.emulate_media(color_scheme=scheme)
    page.goto(development[1] + "styles/")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.screenshot(path=ARTEFACTS / f"styles-{width}-{scheme}.png", full_page=True)
    page.evaluate(AXE)
    # `preload` would add a style, which the policy blocks.
    found = page.evaluate("axe.run('main', {resultTypes: ['violations'], preload: false})")["violations"]
    assert [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found] == []


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
