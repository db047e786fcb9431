"""The middleware: which responses get the panel, what the panel's requests get, and that production never has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings

from staticproof.findings import Finding, Level
from staticproof.live import LiveMiddleware, watcher

from .conftest import Project

PAGE = "<!doctype html><title>A page</title><body><p>Text: </BODY> was here</p></body></html>\n"
SCRIPT = '<script type="module" src="/__staticproof__/panel.js?page=%2Fboats%2F"></script>'


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Send a request through the middleware of a development server, whose watcher does not run."""
    quiet = watcher.Watcher()
    monkeypatch.setattr(watcher, "watcher", lambda: quiet)

    def send(response: Any = None, path: str = "/boats/", **headers: str) -> Any:
        def view(request: HttpRequest) -> Any:
            return HttpResponse(PAGE) if response is None else response

        with override_settings(DEBUG=True, ALLOWED_HOSTS=["testserver"]):
            return LiveMiddleware(view)(RequestFactory(headers=headers).get(path))

    send.watcher = quiet  # type: ignore[attr-defined]
    return send


def test_a_page_gets_the_panel_before_its_last_end_tag(live: Callable[..., Any]) -> None:
    expected = PAGE.replace("</body></html>", f"{SCRIPT}</body></html>")
    assert live().content.decode() == expected


@pytest.mark.parametrize("status", [200, 404, 500])
def test_error_pages_get_the_panel_too(live: Callable[..., Any], status: int) -> None:
    assert SCRIPT in live(HttpResponse(PAGE, status=status)).content.decode()


def test_the_content_length_is_right(live: Callable[..., Any]) -> None:
    response = live(HttpResponse(PAGE, headers={"Content-Length": str(len(PAGE))}))
    assert int(response["Content-Length"]) == len(response.content) == len(PAGE) + len(SCRIPT)


def test_a_nonce_of_the_page_is_used(live: Callable[..., Any]) -> None:
    policy = {"Content-Security-Policy": "default-src 'none'; script-src 'nonce-abc123'"}
    assert 'nonce="abc123"' in live(HttpResponse(PAGE, headers=policy)).content.decode()


@pytest.mark.parametrize(
    "response",
    [
        JsonResponse({"html": "</body>"}),
        HttpResponse("<p>a fragment</p>"),
        HttpResponse(PAGE, headers={"Content-Encoding": "br"}),
        HttpResponse(PAGE, headers={"Content-Security-Policy": "default-src 'none'"}),
        HttpResponse(PAGE, headers={"Content-Security-Policy": "script-src https://cdn.example.org"}),
        HttpResponse(status=204),
    ],
)
def test_other_responses_stay_as_they_are(live: Callable[..., Any], response: HttpResponse) -> None:
    before = response.content
    assert live(response).content == before


def test_a_stream_stays_as_it_is(live: Callable[..., Any]) -> None:
    assert b"".join(live(StreamingHttpResponse([PAGE.encode()]))) == PAGE.encode()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Requested-With": "XMLHttpRequest"},
        {"HX-Request": "true"},
        {"Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Dest": "iframe"},
    ],
)
def test_a_request_of_a_script_gets_no_panel(live: Callable[..., Any], headers: dict[str, str]) -> None:
    assert live(**headers).content.decode() == PAGE


def test_the_requests_of_the_panel_are_answered(live: Callable[..., Any]) -> None:
    state = live(path="/__staticproof__/state.json?page=/boats/")
    assert (state["Content-Type"], state["Cache-Control"]) == ("application/json", "no-store")
    assert state.content == b'{"findings": [], "more": 0, "numbers": []}'
    script = live(path="/__staticproof__/panel.js?page=/boats/")
    assert script["Content-Type"].startswith("text/javascript")
    assert script.content.startswith(b'const STYLE = "')
    assert live(path="/__staticproof__/other").status_code == 404


def test_another_host_name_gets_no_state(live: Callable[..., Any]) -> None:
    """A page of another site could otherwise read the paths of this machine (DNS rebinding)."""
    with pytest.raises(DisallowedHost):
        live(path="/__staticproof__/state.json", Host="evil.example.org")


def test_a_fault_of_the_panel_leaves_the_page(
    live: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live.watcher, "look_at_page", lambda *_: 1 / 0)  # type: ignore[attr-defined]
    assert live().content.decode() == PAGE
    assert "ZeroDivisionError" in caplog.text


def test_a_click_copies_the_code_of_a_hint() -> None:
    hints = {
        "Write {% static 'a.css' %}.": "{% static 'a.css' %}",
        "Write <script src=\"{% static 'a.js' %}\">, or allow it.": "<script src=\"{% static 'a.js' %}\">",
        "Did you mean '../a.svg'?": "../a.svg",
        "Write 'a' or 'b'.": "Write 'a' or 'b'.",
        "Give the page's folder another name.": "Give the page's folder another name.",
        "": "",
    }
    state = watcher.Watcher()
    state._findings = [Finding(4, Level.ERROR, "A fault.", hint) for hint in hints]
    assert [finding["copy"] for finding in state.state("/")["findings"]] == list(hints.values())


def test_many_findings_are_counted(live: Callable[..., Any]) -> None:
    state = watcher.Watcher()
    warnings = [Finding(9, Level.WARNING, f"Warning {number}.") for number in range(70)]
    state._findings = [*warnings, Finding(4, Level.ERROR, "An error.")]
    shown = state.state("/")
    assert (len(shown["findings"]), shown["more"], shown["findings"][0]["message"]) == (50, 21, "An error.")


# --- Production -------------------------------------------------------------------------------------------------------

NEVER = """
import sys
import django
django.setup()
from django.test import Client
from django.urls import reverse
client = Client(headers={"X-Forwarded-Proto": "https"})
for path in ("/", "/nowhere/", "/__staticproof__/state.json", "/__staticproof__/panel.js"):
    response = client.get(path)
    print(response.status_code, b"staticproof" in b"".join(response))
print("staticproof.analysis" in sys.modules, "staticproof.live.watcher" in sys.modules)
"""


def test_production_never_has_the_panel(project: Project) -> None:
    project.replace("mysite/settings.py", "MIDDLEWARE = [", 'MIDDLEWARE = [\n    "staticproof.live.LiveMiddleware",')
    assert project.manage("collectstatic", "--no-input").returncode == 0
    done = project.manage("shell", "--verbosity", "0", "-c", NEVER, DEBUG="False", ALLOWED_HOSTS="testserver")
    assert done.stdout.splitlines() == ["200 False", "404 False", "404 False", "404 False", "False False"], done.stderr


def test_the_middleware_refuses_to_start_without_debug() -> None:
    with override_settings(DEBUG=False), pytest.raises(MiddlewareNotUsed):
        LiveMiddleware(lambda request: HttpResponse())
