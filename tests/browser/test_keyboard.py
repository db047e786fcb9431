"""A person without a mouse reaches everything, and always sees where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from browser.visits import EDITOR, PASSWORD, STOPS, Stop, Visit

# Of the error pages, which differ in their words only, one.
WALKED = [stop for stop in STOPS if stop.name not in {"400", "403", "403-csrf", "500", "signed-out"}]
# What a browser lets one reach with Tab, in the order of the document, and how each looks without the focus.
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
      && (element.type !== "radio" || element.checked));  // of several choices Tab reaches the chosen one
  window.looks = window.controls.map((element) => window.look(element).join());
  return window.controls.map((element) => element.outerHTML.slice(0, 120));
}"""
# Where the focus is now: which of these, whether it shows, and whether it can be seen at all.
NOW = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const index = window.controls.indexOf(element);
  return {
    index,
    shows: index < 0 || window.look(element).join() !== window.looks[index],
    within: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


@pytest.mark.parametrize("stop", WALKED, ids=lambda stop: stop.name)
def test_tab_reaches_every_link_and_control_and_shows_where_one_is(
    visit: Callable[..., Visit], editor: BrowserContext, stop: Stop
) -> None:
    seen = visit(editor if stop.by_the_editor else None)
    stop.visit(seen)
    page = seen.page
    page.emulate_media(reduced_motion="reduce")  # what fades in would show a moment later
    controls: list[str] = page.evaluate(FIND)
    reached: list[int] = []
    for _ in range(2 * len(controls) + 4):
        page.keyboard.press("Tab")
        now: dict[str, Any] = page.evaluate(NOW)
        if now["index"] in reached:
            break
        if now["index"] < 0:  # past the last one, where the browser's own controls are
            continue
        reached.append(now["index"])
        assert now["shows"], f"the focus does not show: {controls[now['index']]}"
        assert now["within"], f"the focus is out of sight: {controls[now['index']]}"
    assert [control for index, control in enumerate(controls) if index not in reached] == []
    first = reached.index(0)  # a page may begin with its form; from the top on, all follow in their order
    assert reached[first:] + reached[:first] == sorted(reached)


@pytest.mark.parametrize("path", ["/", "/about/", "/admin/"])
def test_the_first_step_skips_to_the_content(visit: Callable[..., Visit], editor: BrowserContext, path: str) -> None:
    seen = visit(editor)
    seen.goto(path)
    seen.page.keyboard.press("Tab")
    assert "skip" in seen.page.evaluate("document.activeElement.className").lower()
    target = seen.page.evaluate("document.activeElement.hash")
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("'#' + document.activeElement.id") == target
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.closest('header, nav') === null")


def test_one_signs_in_and_out_with_the_keyboard_alone(visit: Callable[..., Visit]) -> None:
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
