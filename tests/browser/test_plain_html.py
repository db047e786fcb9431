"""HTML without classes, as Django writes it, looks right; signing in does not move the header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from browser.visits import Visit

# {{ body|linebreaks }} in an <article>, {{ form }} in a <form>, and a list of pages.
HTML = """
<article>
  <p id="first">One.</p><p id="second">Two.</p>
  <ul id="list"><li>Item</li></ul>
  <table><thead><tr><th id="head">A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
  <figure><img src="/favicon.ico" alt=""><figcaption id="caption">Caption</figcaption></figure>
  <pre id="code"><code>print()</code></pre>
</article>
<nav aria-label="Pages">
  <ul><li><a id="one" href="?page=1">1</a></li><li><a id="two" href="?page=2">2</a></li></ul>
</nav>
<form>
  <div><label id="label" for="name">Name:</label><input id="name"></div>
  <div><label for="mail">Mail:</label><input id="mail"></div>
  <button id="send">Send</button>
</form>
<form><input id="search"><button id="find">Find</button></form>
"""
BOXES = """(html) => {
  document.querySelector("main").innerHTML = html;
  const boxes = {};
  for (const element of document.querySelectorAll("main [id]")) {
    const {top, bottom, left, right} = element.getBoundingClientRect(), style = getComputedStyle(element);
    boxes[element.id] = {top, bottom, left, right, size: parseFloat(style.fontSize), background: style.backgroundColor,
      border: style.borderBottomWidth, padding: parseFloat(style.paddingLeft)};
  }
  return boxes;
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_plain_html_is_styled(visit: Callable[..., Visit], width: int) -> None:
    seen = visit(viewport={"width": width, "height": 900})
    seen.goto("/")
    boxes: dict[str, Any] = seen.page.evaluate(BOXES, HTML)
    assert boxes["second"]["top"] - boxes["first"]["bottom"] >= 10, "space between paragraphs"
    assert boxes["list"]["padding"] >= 10, "room for the bullets"
    assert boxes["head"]["border"] != "0px"
    assert boxes["caption"]["size"] < boxes["first"]["size"]
    assert boxes["code"]["background"] != "rgba(0, 0, 0, 0)"
    assert boxes["one"]["top"] == boxes["two"]["top"], "pages of a list next to each other"
    assert boxes["label"]["bottom"] <= boxes["name"]["top"], "a label above its control"
    assert boxes["mail"]["top"] - boxes["name"]["bottom"] >= 20, "space between the rows of a form"
    assert boxes["send"]["top"] >= boxes["mail"]["bottom"]
    assert boxes["find"]["left"] >= boxes["search"]["right"], "the parts of a search form next to each other"
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width


def test_signing_in_does_not_move_the_header(visit: Callable[..., Visit], editor: BrowserContext) -> None:
    height = "document.querySelector('header').getBoundingClientRect().height"
    heights, colours = set(), set()
    for context in (None, editor):
        seen = visit(context)
        seen.goto("/")
        heights.add(seen.page.evaluate(height))
        last = "getComputedStyle([...document.querySelectorAll('header li > *, header li button')].pop())"
        colours.add((seen.page.evaluate(f"{last}.color"), seen.page.evaluate(f"{last}.backgroundColor")))
    assert len(heights) == 1
    assert len(colours) == 1, "the button for signing out looks like the link for signing in"
