"""The size of a visit to the home page, as the browser counts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from browser.visits import Visit, wait_until

REQUESTS = 6
BYTES = 20_000  # with headers


def loaded(seen: Visit, path: str) -> dict[str, int]:
    """Load a page and return the bytes of each file on the wire, with headers, from Chromium's DevTools protocol."""
    protocol = seen.page.context.new_cdp_session(seen.page)
    paths: dict[str, str] = {}
    wire: dict[str, int] = {}

    def sent(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("https:"):
            paths[event["requestId"]] = event["request"]["url"].removeprefix(seen.production.front.origin)

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in paths:
            wire[paths[event["requestId"]]] = int(event["encodedDataLength"])

    protocol.on("Network.requestWillBeSent", sent)
    protocol.on("Network.loadingFinished", finished)
    protocol.send("Network.enable")
    seen.goto(path)
    protocol.detach()
    assert path in wire
    return wire


def test_the_first_visit_is_small_and_the_second_requests_no_static_file(visit: Callable[..., Visit]) -> None:
    seen = visit()
    front = seen.production.front
    cold = loaded(seen, "/")
    assert len(cold) <= REQUESTS, cold
    assert 0 < sum(cold.values()) <= BYTES, cold
    static = {path for path in cold if path.startswith("/static/")}
    assert {path for _, path in front.requests} >= static, "the server received other requests than the browser counted"

    before = len(front.requests)
    loaded(seen, "/")
    asked = [path for _, path in front.requests[before:]]
    assert "/" in asked
    assert [path for path in asked if path.startswith("/static/")] == []


def test_the_next_page_requests_only_its_own_files(visit: Callable[..., Visit]) -> None:
    seen = visit()
    home = loaded(seen, "/").keys()
    before = len(seen.production.front.requests)
    loaded(seen, "/about/")
    asked = {path for _, path in seen.production.front.requests[before:]}
    assert asked & home == set()
    assert all(path == "/about/" or path.startswith("/static/pages/") for path in asked), asked


@pytest.mark.parametrize("path", ["/", "/about/", "/accounts/login/"])
def test_the_page_is_painted_before_any_script_arrives(visit: Callable[..., Visit], path: str) -> None:
    seen = visit()
    held: list[Route] = []
    seen.page.route("**/*.js", lambda route: held.append(route))  # never answered
    seen.goto(path, wait_until="commit")
    wait_until(seen.page, "performance.getEntriesByName('first-contentful-paint').length > 0")
    assert seen.page.locator("h1").is_visible()
    assert held
    for route in held:
        route.continue_()
    seen.page.wait_for_load_state("networkidle")
