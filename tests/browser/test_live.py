"""A developer makes mistakes while `runserver` runs: the panel on the page and the terminal name them."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from conftest import Site
from playwright.sync_api import Browser, Locator, Page, Route, TimeoutError, expect
from servers import free_port, served

from browser.fixtures import ARTEFACTS
from browser.test_every_page import AXE
from browser.visits import REPORT_VIOLATIONS, TIMEOUT, Visit

ABOUT = "pages/templates/pages/about.html"
STYLE = "pages/static/pages/css/about.css"
# The rule, the file, its text, the mistake, and the text that a click copies.
MISTAKES = {
    "forgotten load": ("E001", ABOUT, "{% load static %}\n", "", "{% load static %}"),
    "wrong case": ("E005", ABOUT, "css/about.css", "css/About.css", "{% static 'pages/css/about.css' %}"),
    "hard-coded URL": ("E021", ABOUT, "{% static 'pages/imgs/frame.svg' %}", "/static/pages/imgs/frame.svg",
                       "{% static 'pages/imgs/frame.svg' %}"),
    "CSS url() to nowhere": ("E041", STYLE, "}\n", "  mask: url(../imgs/farme.svg);\n}\n", "../imgs/frame.svg"),
    "missing file": ("E004", ABOUT, "imgs/frame.svg", "imgs/farme.svg", "{% static 'pages/imgs/frame.svg' %}"),
}  # fmt: skip
# A stand-in for django-browser-reload's worker: the page stays as it is, and the panel changes without a reload.
NO_RELOAD = "window.SharedWorker = class { port = { start() {}, addEventListener() {}, postMessage() {} }; };"
MANY = """{% extends "base.html" %}{% load static %}
{% block stylesheets %}<link rel="stylesheet" href="{% static 'pages/css/about.css' %}">{% endblock %}
{% block content %}<h1>NUMBER</h1><img src="{% static 'pages/imgs/frame.svg' %}" alt="">
<a href="{% url 'pages:home' %}">Home</a><p>{{ website.name }}</p>{% endblock %}
"""


@dataclass(frozen=True)
class Development:
    """A site under `runserver`: its folder, its address, and the output so far."""

    path: Path
    address: str
    log: Path

    def change(self, file: str, old: str, new: str) -> str:
        """Replace the first occurrence of a text in a file, and return the whole text before."""
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return text

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=[0, 1000], ids=["new site", "1,000 templates"])
def development(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Development]:
    folder = tmp_path_factory.mktemp("live")
    mine = Site(folder / "my-site", site.output)
    shutil.copytree(site.path, mine.path, ignore=shutil.ignore_patterns(".venv"), symlinks=True)
    (mine.path / ".venv").symlink_to(site.path / ".venv", target_is_directory=True)
    (mine.path / "pages/templates/many").mkdir()
    for number in range(request.param):
        (mine.path / f"pages/templates/many/{number}.html").write_text(MANY.replace("NUMBER", str(number)))
    assert mine.manage("migrate", "--verbosity", "0").returncode == 0
    port = free_port()
    command = [str(mine.python), "manage.py", "runserver", str(port)]
    with served(command, mine.path, folder / "log", port, STATICPROOF_CACHE=str(folder / "cache")):
        yield Development(mine.path, f"http://localhost:{port}/", folder / "log")


@pytest.fixture
def open_page(browser: Browser, development: Development) -> Iterator[Callable[..., Page]]:
    """A function that opens a page of the site, waits for its panel, and lets the watcher see the files as they are."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def open_path(path: str, errors: list[str] | None = None) -> Page:
        page = context.new_page()
        page.set_default_timeout(TIMEOUT * 1000)
        page.add_init_script(NO_RELOAD)
        if errors is not None:
            page.add_init_script(REPORT_VIOLATIONS)
            page.on("console", lambda message: errors.append(f"console: {message.text}"))
            page.on("pageerror", lambda error: errors.append(f"script: {error}"))
        page.goto(development.address + path)
        expect(mark(page)).to_have_text("✓ static", timeout=TIMEOUT * 1000)
        return page

    healthy = {file: (development.path / file).read_text(encoding="utf-8") for file in (ABOUT, STYLE)}
    yield open_path
    context.close()
    for file, text in healthy.items():
        (development.path / file).write_text(text, encoding="utf-8")


def panel(page: Page) -> Locator:
    return page.locator("staticproof-panel")


def mark(page: Page) -> Locator:
    return panel(page).locator("summary")


def wait_for_finding(page: Page, number: str) -> None:
    expect(panel(page).locator("strong")).to_contain_text(f"staticproof.{number}", timeout=TIMEOUT * 1000)


def wait_for_repair(page: Page) -> None:
    expect(mark(page)).to_have_text("✓ static", timeout=TIMEOUT * 1000)


def reload_until(page: Page, shown: Locator) -> None:
    """Reload until something is shown: Django's template loader sees a saved file within a second."""
    for _ in range(int(TIMEOUT)):
        page.reload()
        with contextlib.suppress(TimeoutError):
            shown.wait_for(timeout=1000)
            return
    raise AssertionError(f"not shown: {shown}")


def violations(page: Page) -> Any:
    page.evaluate(AXE)
    # `preload` would add a style, which the policy blocks. The debug toolbar is not ours.
    context = "{exclude: [['#djDebugRoot']]}"
    found = page.evaluate(f"axe.run({context}, {{resultTypes: ['violations'], preload: false}})")["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


def report_seconds(request: pytest.FixtureRequest, shown: float, gone: float) -> None:
    """Print the seconds, and keep them with the pictures. They depend on the machine, so no test asserts them."""
    line = f"{request.node.callspec.id}: in the panel after {shown:.2f} s, gone {gone:.2f} s after the repair"
    print(line)
    ARTEFACTS.mkdir(exist_ok=True)
    with (ARTEFACTS / "live-seconds.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_in_the_panel_until_it_is_repaired(
    development: Development, open_page: Callable[..., Page], request: pytest.FixtureRequest, mistake: str
) -> None:
    """The mistake is in another page than the open one, whose browser has no error to report."""
    number, file, old, new, correction = MISTAKES[mistake]
    errors: list[str] = []
    page = open_page("", errors)
    healthy = development.change(file, old, new)
    saved = time.perf_counter()
    wait_for_finding(page, number)
    shown = time.perf_counter() - saved

    details = panel(page).locator("details")
    expect(details).to_have_attribute("open", "")
    assert details.locator("strong").inner_text().startswith(f"{file}:")
    details.get_by_role("button").click()
    assert page.evaluate("navigator.clipboard.readText()") == correction
    assert f"[staticproof.{number}]" in development.output
    schemes: list[Literal["light", "dark"]] = ["light", "dark"]
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=ARTEFACTS / f"live-{number}-{scheme}.png")
        assert violations(page) == []

    (development.path / file).write_text(healthy, encoding="utf-8")
    saved = time.perf_counter()
    wait_for_repair(page)
    report_seconds(request, shown, time.perf_counter() - saved)
    assert development.output.rstrip().count(f"Repaired: {file}:")
    assert errors == []


def test_djangos_error_page_has_the_panel(development: Development, open_page: Callable[..., Page]) -> None:
    number, file, old, new, _ = MISTAKES["forgotten load"]
    page = open_page("about/")
    healthy = development.change(file, old, new)
    reload_until(page, page.get_by_role("heading", name="TemplateSyntaxError"))
    wait_for_finding(page, number)
    page.screenshot(path=ARTEFACTS / "live-error-page.png")
    (development.path / file).write_text(healthy, encoding="utf-8")
    wait_for_repair(page)
    reload_until(page, page.get_by_role("heading", name="About My Site"))


def test_a_blocked_inline_script(
    development: Development, open_page: Callable[..., Page], request: pytest.FixtureRequest
) -> None:
    page = open_page("about/")
    script = "<script>document.title = 'never';</script>\n"
    healthy = development.change(ABOUT, "{% endblock content %}", script + "{% endblock content %}")
    saved = time.perf_counter()
    reload_until(page, panel(page).get_by_text("staticproof.E088"))  # seen when the page is requested
    shown = time.perf_counter() - saved
    line = (development.path / ABOUT).read_text(encoding="utf-8").splitlines().index(script.strip()) + 1
    assert panel(page).locator("strong").inner_text().startswith(f"{ABOUT}:{line} ")
    page.screenshot(path=ARTEFACTS / "live-E088.png")
    (development.path / ABOUT).write_text(healthy, encoding="utf-8")
    saved = time.perf_counter()
    wait_for_repair(page)
    report_seconds(request, shown, time.perf_counter() - saved)


def test_the_keyboard_reaches_everything(development: Development, open_page: Callable[..., Page]) -> None:
    _, file, old, new, correction = MISTAKES["wrong case"]
    page = open_page("")
    focused = "document.activeElement.shadowRoot?.activeElement?.localName"
    mark(page).focus()
    page.keyboard.press("Enter")
    expect(panel(page).get_by_text("templates read")).to_be_visible()
    page.keyboard.press("Space")
    expect(panel(page).get_by_text("templates read")).to_be_hidden()

    healthy = development.change(file, old, new)
    wait_for_finding(page, "E005")
    mark(page).focus()
    assert page.evaluate(focused) == "summary"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "button"
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("button")).to_have_attribute("data-copy", "✓ copied")
    assert page.evaluate("navigator.clipboard.readText()") == correction

    mark(page).click()  # closed by the reader, it stays closed on the next page
    page.goto(development.address + "accounts/login/")
    expect(mark(page)).to_have_text("1 static finding")
    expect(panel(page).locator("details")).not_to_have_attribute("open", "")
    (development.path / file).write_text(healthy, encoding="utf-8")
    wait_for_repair(page)


def test_the_page_is_not_disturbed(development: Development, open_page: Callable[..., Page]) -> None:
    """The panel is outside the body, wider than no screen, unaffected by the page's style, and not printed."""
    page = open_page("")
    assert page.evaluate("document.querySelector('staticproof-panel').parentElement.localName") == "html"
    page.set_viewport_size({"width": 320, "height": 480})
    mark(page).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.evaluate("document.styleSheets[0].insertRule('* { all: unset; position: static; color: red; }')")
    style = "getComputedStyle(document.querySelector('staticproof-panel'))"
    assert page.evaluate(f"[{style}.position, {style}.bottom]") == ["fixed", "12px"]
    page.emulate_media(media="print")
    expect(mark(page)).to_be_hidden()


def test_a_policy_without_connections_stops_the_panel(browser: Browser, development: Development) -> None:
    """The panel asks once, and not again and again: each question would be a message on the console."""

    def without_connections(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"].replace("connect-src 'self'", "connect-src 'none'")
        route.fulfill(response=answer, headers=answer.headers | {"content-security-policy": policy})

    messages: list[str] = []
    page = browser.new_page()
    page.add_init_script(NO_RELOAD)
    page.route(development.address, without_connections)
    page.on("console", lambda message: messages.append(message.text))
    page.goto(development.address)
    page.wait_for_timeout(3000)
    assert sum("Fetch API cannot load" in message for message in messages) == 1
    assert panel(page).count() == 0
    page.close()


def test_production_has_no_panel(visit: Callable[..., Visit]) -> None:
    seen = visit()
    seen.goto("/")
    assert seen.document is not None
    assert "staticproof" not in seen.document.text()
    assert seen.page.locator("staticproof-panel").count() == 0
    for name in ("state.json", "panel.js"):
        answer = seen.page.request.get(
            f"{seen.production.front.origin}/__staticproof__/{name}", ignore_https_errors=True
        )
        assert answer.status == 404
