"""The files at the root of the host: robots.txt, sitemap.xml, the manifest, the icon and security.txt."""

import datetime
import json
from contextlib import closing
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from pytest_django import Settings


def test_crawlers_are_welcome_and_find_the_sitemap(client: Client, settings: Settings) -> None:
    settings.SITE_INDEXED = True
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.split("\n") == [
        "User-agent: *",
        "Disallow:",
        "",
        "Sitemap: https://testserver/sitemap.xml",
        "",
    ]


def test_a_staging_site_is_not_crawled(client: Client, settings: Settings) -> None:
    settings.SITE_INDEXED = False
    assert client.get("/robots.txt").text.split("\n") == ["User-agent: *", "Disallow: /", ""]


def test_the_sitemap_lists_pages_that_exist(client: Client) -> None:
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    addresses = [element.text or "" for element in ElementTree.fromstring(response.text).findall(".//{*}loc")]
    assert addresses == ["https://testserver/", "https://testserver/about/"]
    assert [client.get(address).status_code for address in addresses] == [200, 200]


@pytest.mark.django_db  # a file that is closed ends its request, and Django then looks at its database connections
def test_the_manifest_names_icons_that_are_served(client: Client) -> None:
    response = client.get("/site.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    icons = {icon["src"]: icon["type"] for icon in json.loads(response.text)["icons"]}
    assert staticfiles_storage.url("icons/icon-512.png") in icons
    for address, kind in icons.items():
        with closing(client.get(address)) as icon:
            assert (icon.status_code, icon["Content-Type"]) == (200, kind)


@pytest.mark.parametrize("name", ['O\'Brien & "Sons" </script>', "back\\slash", "日本 🚤 {{ x }}"])
def test_any_name_makes_a_manifest(client: Client, settings: Settings, name: str) -> None:
    settings.SITE_NAME = name
    assert json.loads(client.get("/site.webmanifest").text)["name"] == name


@pytest.mark.django_db
def test_the_icon_has_a_plain_address_too(client: Client) -> None:
    with closing(client.get("/favicon.ico")) as response:
        assert response["Content-Type"] == "image/x-icon"
        assert response["Cache-Control"] == "public, max-age=86400"
        assert response.getvalue() == (settings.BASE_DIR / "static/icons/favicon.ico").read_bytes()


def test_a_site_without_an_icon_says_not_found(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "find", lambda path: None)
    assert client.get("/favicon.ico").status_code == 404


def test_security_txt_has_what_rfc_9116_asks_for(client: Client, settings: Settings) -> None:
    settings.SITE_AUTHOR_EMAIL = "o'brien+site@example.com"
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == "mailto:o%27brien%2Bsite@example.com"
    assert fields["Canonical"] == "https://testserver/.well-known/security.txt"
    assert fields["Preferred-Languages"] == "en, de"
    ahead = datetime.datetime.fromisoformat(fields["Expires"]) - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=29) < ahead < datetime.timedelta(days=365)


@pytest.mark.parametrize("path", ["/", "/about/", "/robots.txt", "/site.webmanifest", "/favicon.ico"])
def test_pages_and_files_are_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
