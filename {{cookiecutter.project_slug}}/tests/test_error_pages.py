"""The error pages: in the site's look, and whole when the rest of the site is not."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import get_resolver
from pytest_django import Settings

from conftest import SecureClient


def ask_for_nothing(client: Client) -> Any:
    return client.get("/no/such/page/")


def come_from_a_strange_host(client: Client) -> Any:
    return client.get("/", headers={"host": "strange.example"})


def send_a_form_without_its_token(client: Client) -> Any:
    return SecureClient(enforce_csrf_checks=True).post("/accounts/login/")


def be_refused(client: Client) -> Any:
    handler: Any = get_resolver().resolve_error_handler(403)
    return handler(RequestFactory().get("/"), exception=PermissionDenied())


def meet_a_fault(client: Client) -> Any:
    return get_resolver().resolve_error_handler(500)(RequestFactory().get("/"))


ERRORS = pytest.mark.parametrize(
    ("provoke", "status", "heading"),
    [
        (come_from_a_strange_host, 400, "This request could not be read"),
        (be_refused, 403, "This page is not open to you"),
        (send_a_form_without_its_token, 403, "This form was not accepted"),
        (ask_for_nothing, 404, "There is no such page"),
        (meet_a_fault, 500, "Something broke on our side"),
    ],
)


@ERRORS
def test_an_error_page_says_what_happened(
    client: Client, provoke: Callable[[Client], Any], status: int, heading: str
) -> None:
    response = provoke(client)
    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in response.text
    assert f"<title>{heading}</title>" in response.text
    assert '<a href="/">' in response.text


@ERRORS
def test_an_error_page_stands_without_manifest_and_database(
    client: Client, settings: Settings, tmp_path: Path, provoke: Callable[[Client], Any], status: int, heading: str
) -> None:
    """No test here may use the database. Where nothing is collected, every `static` tag raises, as at the home page."""
    settings.STATIC_ROOT = tmp_path
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        client.get("/")
    response = provoke(client)
    assert response.status_code == status
    assert heading in response.text
    assert "/static/" not in response.text


def test_the_policy_allows_the_style_of_the_error_pages_and_no_other(client: Client) -> None:
    response = ask_for_nothing(client)
    style = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert re.search(rf"style-src [^;]*'sha256-{re.escape(digest)}'", response["Content-Security-Policy"])
    assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_error_pages_speak_german_too(client: Client) -> None:
    response = client.get("/no/such/page/", headers={"accept-language": "de"})
    assert '<html lang="de" dir="ltr">' in response.text
    assert "Diese Seite gibt es nicht" in response.text
