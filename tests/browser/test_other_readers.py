"""Readers without scripts, readers who want no motion, and readers on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.conftest import ARTEFACTS
from browser.visits import EDITOR, STOPS, Stop, Visit

OPEN = [stop for stop in STOPS if stop.name in {"home", "about", "sign-in", "400", "404", "500"}]


@pytest.mark.parametrize("stop", OPEN, ids=lambda stop: stop.name)
def test_a_page_works_without_scripts(visit: Callable[..., Visit], stop: Stop) -> None:
    seen = visit(java_script_enabled=False)
    stop.visit(seen)
    assert seen.page.get_attribute("html", "data-script") is None
    assert seen.page.locator("main").inner_text().strip()


def test_one_signs_in_without_scripts(visit: Callable[..., Visit]) -> None:
    seen = visit(java_script_enabled=False)
    seen.goto("/accounts/login/?next=/admin/")
    seen.page.fill("[name=username]", EDITOR)
    seen.sign_in(EDITOR)
    assert seen.page.url.endswith("/admin/")
    seen.goto("/")
    assert seen.page.get_by_role("button", name="Sign out").is_visible()


def test_scripts_run_where_they_may(visit: Callable[..., Visit]) -> None:
    """The counterpart of the tests above: the mark that they miss is there otherwise."""
    seen = visit()
    seen.goto("/")
    assert seen.page.get_attribute("html", "data-script") == "running"


MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  return [style.transitionDuration, style.animationDuration].some((d) => d.split(", ").some((s) => parseFloat(s) > 0))
    || style.scrollBehavior === "smooth";
}).length"""


@pytest.mark.parametrize("path", ["/", "/about/", "/accounts/login/"])
def test_nothing_moves_for_those_who_want_no_motion(visit: Callable[..., Visit], path: str) -> None:
    seen = visit(reduced_motion="no-preference")
    seen.goto(path)
    assert seen.page.evaluate(MOVING) > 0  # else the next line would prove nothing
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
    assert printed.count(b"/Type /Page\n") <= 2, "a page of the site needs no third sheet of paper"


def brightness(colour: str) -> float:
    """The mean of red, green and blue, between 0 and 1, of what `getComputedStyle` gives."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) / 3 / 255
