"""A visitor can use every page with the keyboard alone, and always sees the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from browser.visits import EDITOR, PASSWORD, SITE_PAGES, SitePage, Visit

# One of the error pages is enough: they differ only in their words.
WALKED = [
    site_page for site_page in SITE_PAGES if site_page.name not in {"400", "403", "403-csrf", "500", "signed-out"}
]
# The elements that Tab reaches, in the order of the document, and how each looks without the focus.
FIND = """() => {
  const can = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  window.look = (element) => {
    const style = getComputedStyle(element);
    const outline = style.outlineStyle === "none" || style.outlineWidth === "0px" ? "none" : style.outline;
    return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecoration, style.color];
  };
  document.activeElement.blur();
  window.controls = [...document.querySelectorAll(can)].filter(
    (element) => !element.disabled && element.checkVisibility({visibilityProperty: true})
      && (element.type !== "radio" || element.checked));  // Tab reaches the chosen radio button of a group
  window.looks = window.controls.map((element) => window.look(element).join());
  return window.controls.map((element) => element.outerHTML.slice(0, 120));
}"""
# The element with the focus: its index, whether its look changes, and whether it is on the screen.
NOW = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const index = window.controls.indexOf(element);
  return {
    index,
    shows: index < 0 || window.look(element).join() !== window.looks[index],
    within: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


@pytest.mark.parametrize("site_page", WALKED, ids=lambda site_page: site_page.name)
def test_tab_reaches_every_link_and_control_and_the_focus_is_visible(
    visit: Callable[..., Visit], editor: BrowserContext, site_page: SitePage
) -> None:
    seen = visit(editor if site_page.signed_in else None)
    site_page.visit(seen)
    page = seen.page
    page.emulate_media(reduced_motion="reduce")  # an animation would delay the change
    controls: list[str] = page.evaluate(FIND)
    reached: list[int] = []
    for _ in range(2 * len(controls) + 4):
        page.keyboard.press("Tab")
        now: dict[str, Any] = page.evaluate(NOW)
        if now["index"] in reached:
            break
        if now["index"] < 0:  # after the last element come the controls of the browser
            continue
        reached.append(now["index"])
        assert now["shows"], f"the focus is not visible: {controls[now['index']]}"
        assert now["within"], f"the focus is not on the screen: {controls[now['index']]}"
    assert [control for index, control in enumerate(controls) if index not in reached] == []
    first = reached.index(0)  # a page may start with the focus in its form; the order is that of the document
    assert reached[first:] + reached[:first] == sorted(reached)


@pytest.mark.parametrize("path", ["/", "/about/", "/admin/"])
def test_the_first_tab_reaches_a_link_to_the_content(
    visit: Callable[..., Visit], editor: BrowserContext, path: str
) -> None:
    seen = visit(editor)
    seen.goto(path)
    seen.page.keyboard.press("Tab")
    assert "skip" in seen.page.evaluate("document.activeElement.className").lower()
    target = seen.page.evaluate("document.activeElement.hash")
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("'#' + document.activeElement.id") == target
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.closest('header, nav') === null")


def test_signing_in_and_out_works_with_the_keyboard_alone(visit: Callable[..., Visit]) -> None:
    seen = visit()
    seen.goto("/accounts/login/")
    page = seen.page
    assert page.evaluate("document.activeElement.name") == "username"
    page.keyboard.type(EDITOR)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation(wait_until="networkidle"):
        page.keyboard.press("Enter")
    assert page.get_by_role("link", name="Admin").is_visible()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Sign out":
            break
    with page.expect_navigation(wait_until="networkidle"):
        page.keyboard.press("Enter")
    assert page.get_by_role("heading", name="You are signed out").is_visible()
