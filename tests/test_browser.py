"""A person opens the fresh site in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Site
from playwright.sync_api import Browser, Page, sync_playwright
from servers import procfile, runserver

ARTEFACTS = ROOT / "artefacts"
# Debian's Chromium, as root and on a machine without a network: nothing may call home.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.fail("Chromium is not on this machine: install Debian's package, or name another in CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when the browser complains of anything: console, request, other host."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("response", lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    page.on("request", lambda r: None if "//localhost:" in r.url else complaints.append(f"elsewhere: {r.url}"))
    yield page
    context.close()
    assert complaints == []


def assert_styled(page: Page, port: int) -> None:
    page.goto(f"http://localhost:{port}/", wait_until="networkidle")
    assert page.title() == "My Site"
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 0
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_fresh_site_shows_a_styled_page_in_development(copy: Site, page: Page, tmp_path: Path) -> None:
    """The quick start: migrate, runserver, and nothing else."""
    migrated = copy.manage("migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    with runserver(copy, tmp_path / "log") as port:
        assert_styled(page, port)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_same_page_in_production(site: Site, page: Page, tmp_path: Path, scheme: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    with procfile(site, tmp_path / "log", SECURE_SSL_REDIRECT="False") as (port, _):
        assert_styled(page, port)
        page.screenshot(path=ARTEFACTS / f"home-{scheme}.png")
