"""Visitors without JavaScript, visitors who prefer reduced motion, and printed pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.fixtures import ARTEFACTS
from browser.visits import EDITOR, SITE_PAGES, SitePage, Visit

OPEN = [site_page for site_page in SITE_PAGES if site_page.name in {"home", "about", "sign-in", "400", "404", "500"}]


@pytest.mark.parametrize("site_page", OPEN, ids=lambda site_page: site_page.name)
def test_a_page_works_without_scripts(visit: Callable[..., Visit], site_page: SitePage) -> None:
    seen = visit(java_script_enabled=False)
    site_page.visit(seen)
    assert seen.page.get_attribute("html", "data-script") is None
    assert seen.page.locator("main").inner_text().strip()


def test_signing_in_works_without_scripts(visit: Callable[..., Visit]) -> None:
    seen = visit(java_script_enabled=False)
    seen.goto("/accounts/login/?next=/admin/")
    seen.page.fill("[name=username]", EDITOR)
    seen.sign_in(EDITOR)
    assert seen.page.url.endswith("/admin/")
    seen.goto("/")
    assert seen.page.get_by_role("button", name="Sign out").is_visible()


def test_scripts_run_if_they_are_enabled(visit: Callable[..., Visit]) -> None:
    """The attribute that is missing in the tests above is present with scripts."""
    seen = visit()
    seen.goto("/")
    assert seen.page.get_attribute("html", "data-script") == "running"


MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  return [style.transitionDuration, style.animationDuration].some((d) => d.split(", ").some((s) => parseFloat(s) > 0))
    || style.scrollBehavior === "smooth";
}).length"""


@pytest.mark.parametrize("path", ["/", "/about/", "/accounts/login/"])
def test_nothing_moves_with_reduced_motion(visit: Callable[..., Visit], path: str) -> None:
    seen = visit(reduced_motion="no-preference")
    seen.goto(path)
    assert seen.page.evaluate(MOVING) > 0  # otherwise the last line would prove nothing
    seen.page.emulate_media(reduced_motion="reduce")
    assert seen.page.evaluate(MOVING) == 0


@pytest.mark.parametrize("path", ["/", "/about/"])
def test_a_printed_page_is_dark_on_light_without_controls(visit: Callable[..., Visit], path: str) -> None:
    seen = visit(color_scheme="dark")
    seen.goto(path)
    page = seen.page
    assert page.locator("nav").is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("nav").is_visible()
    assert page.locator("h1").is_visible()
    ground, ink = page.evaluate(
        "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert brightness(ground) > 0.95
    assert brightness(ink) < 0.15
    ARTEFACTS.mkdir(exist_ok=True)
    name = path.strip("/") or "home"
    printed = page.pdf(path=ARTEFACTS / f"{name}.pdf", format="A4")
    assert printed.count(b"/Type /Page\n") <= 2, "the page prints on more than two sheets"


def brightness(colour: str) -> float:
    """Return the mean of red, green and blue, between 0 and 1, of a colour from `getComputedStyle`."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) / 3 / 255
