"""The security headers: on pages, on static files, on redirects and on errors."""

from contextlib import closing
from wsgiref.headers import Headers

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from config.headers import add_to_static_file, store_origin

EVERYWHERE = [
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
]


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/no/such/page/", "/about"])
def test_pages_errors_and_redirects_carry_every_header(client: Client, path: str) -> None:
    response = client.get(path)
    assert [name for name in EVERYWHERE if name not in response] == []
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


def test_a_redirect_to_https_and_the_refusal_of_a_host_carry_them_too() -> None:
    for headers in ({}, {"host": "strange.example"}):
        response = Client().get("/", headers=headers)
        assert [name for name in EVERYWHERE if name not in response] == []


@pytest.mark.django_db  # a file that is closed ends its request, and Django then looks at its database connections
def test_static_files_carry_them_and_may_be_shown_elsewhere(client: Client) -> None:
    with closing(client.get(staticfiles_storage.url("icons/icon.svg"))) as response:
        assert [name for name in EVERYWHERE if name not in response] == []
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "nonce" not in response["Content-Security-Policy"]


def test_static_files_bring_what_no_middleware_adds_to_them() -> None:
    """Whoever serves them, before Django is entered too, asks the settings for this function."""
    headers = Headers()
    add_to_static_file(headers, "css/site.css", "/static/css/site.css")
    assert sorted(headers.keys()) == [
        "Content-Security-Policy",
        "Cross-Origin-Resource-Policy",
        "Permissions-Policy",
        "X-Frame-Options",
    ]
    assert "nonce" not in str(headers)


@pytest.mark.parametrize(
    ("arguments", "origin"),
    [
        (("boats", "virtual", None, "eu-central-1"), "https://boats.s3.eu-central-1.amazonaws.com"),
        (("boats", "virtual", None, None), "https://boats.s3.amazonaws.com"),
        (("boats", "path", "http://127.0.0.1:9000", None), "http://127.0.0.1:9000"),
        (("boats", "virtual", "https://store.example.com", "auto"), "https://boats.store.example.com"),
    ],
)
def test_the_policy_names_the_store_of_uploads(arguments: tuple[str, str, str | None, str | None], origin: str) -> None:
    assert store_origin(*arguments) == origin
