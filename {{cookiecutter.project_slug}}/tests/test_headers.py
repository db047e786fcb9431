"""Security headers and caching, on pages, static files, redirects and errors."""

from contextlib import closing

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from django.urls import reverse

from accounts.models import User

SECURITY_HEADERS = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
}


@pytest.mark.parametrize("path", ["/", reverse("login"), reverse("login").rstrip("/"), "/no/such/page/"])
def test_pages_redirects_and_errors_have_all_security_headers(client: Client, path: str) -> None:
    response = client.get(path)
    assert SECURITY_HEADERS - response.headers.keys() == set()
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]


@pytest.mark.django_db  # closing a file ends its request, and Django then looks at its database connections
def test_static_files_have_security_headers_and_other_sites_may_show_them(client: Client) -> None:
    with closing(client.get(staticfiles_storage.url("icons/icon.svg"))) as response:
        assert SECURITY_HEADERS - response.headers.keys() == set()
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response["Content-Security-Policy"] == settings.STATIC_FILE_HEADERS["Content-Security-Policy"]


def test_http_is_redirected_to_https() -> None:
    response = Client().get("/?page=2")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/?page=2")


def test_no_shared_cache_stores_a_page(client: Client) -> None:
    assert client.get(reverse("login"))["Cache-Control"].startswith("max-age=0, no-cache, no-store")  # Django's own
    assert client.get("/")["Cache-Control"] == "private, no-cache"


@pytest.mark.django_db
def test_a_browser_stores_no_page_of_a_signed_in_visitor(client: Client) -> None:
    client.force_login(User.objects.create_user("ada"))
    response = client.get("/")
    assert response["Cache-Control"] == "private, no-store"
    assert "Cookie" in response["Vary"]
