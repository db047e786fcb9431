"""The error pages work when the rest of the site does not."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from pytest_django import Settings

from conftest import SecureClient
from tests.html import Page


def missing_page(client: Client) -> Any:
    return client.get("/no/such/page/")


def foreign_host(client: Client) -> Any:
    return client.get("/", headers={"host": "foreign.example"})


def missing_csrf_token(client: Client) -> Any:
    return SecureClient(enforce_csrf_checks=True).post(reverse("login"))


def permission_denied(client: Client) -> Any:
    handler: Any = get_resolver().resolve_error_handler(403)
    return handler(RequestFactory().get("/"), exception=PermissionDenied())


def server_error(client: Client) -> Any:
    return get_resolver().resolve_error_handler(500)(RequestFactory().get("/"))


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (foreign_host, 400),
        (permission_denied, 403),
        (missing_csrf_token, 403),
        (missing_page, 404),
        (server_error, 500),
    ],
)
def test_an_error_page_needs_no_static_file_and_no_database(
    client: Client, settings: Settings, tmp_path: Path, cause: Callable[[Client], Any], status: int
) -> None:
    """pytest-django lets this test use no database, and without a manifest the `static` tag raises an error."""
    settings.STATIC_ROOT = tmp_path
    response = cause(client)
    assert response.status_code == status
    assert len(Page(response.text).all("h1")) == 1
    assert "/static/" not in response.text


def test_the_policy_allows_the_style_of_the_error_pages(client: Client) -> None:
    response = missing_page(client)
    style = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert re.search(rf"style-src [^;]*'sha256-{re.escape(digest)}'", response["Content-Security-Policy"])
