"""The files at the root of the host: robots.txt, sitemap.xml, the manifest, the icon and security.txt."""

import datetime
import json
from contextlib import closing
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings


def test_robots_txt_allows_crawlers_and_names_the_sitemap(client: Client, settings: Settings) -> None:
    settings.SITE_INDEXED, settings.SITE_DOMAIN = True, "www.example.org"
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.split() == ["User-agent:", "*", "Disallow:", "Sitemap:", "https://www.example.org/sitemap.xml"]


def test_a_staging_site_is_not_crawled(client: Client, settings: Settings) -> None:
    settings.SITE_INDEXED = False
    assert client.get("/robots.txt").text.split() == ["User-agent:", "*", "Disallow:", "/"]


@pytest.mark.parametrize("path", ["/robots.txt", "/.well-known/security.txt"])
def test_a_foreign_host_does_not_reach_a_shared_cache(client: Client, settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS = [".example.org"]
    settings.SITE_DOMAIN = "www.example.org"
    response = client.get(path, headers={"host": "foreign.example.org"})
    assert response["Cache-Control"].startswith("public")
    assert "foreign" not in response.text
    settings.SITE_DOMAIN = "example.com"  # no domain yet: the file has the host of the request
    assert client.get(path, headers={"host": "foreign.example.org"})["Cache-Control"].startswith("private")


def test_the_sitemap_lists_pages_that_exist(client: Client) -> None:
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    urls = [element.text or "" for element in ElementTree.fromstring(response.text).findall(".//{*}loc")]
    assert urls
    assert {client.get(url).status_code for url in urls} == {200}


@pytest.mark.django_db  # closing a file ends its request, and Django then looks at its database connections
def test_the_icons_in_the_manifest_are_served(client: Client) -> None:
    response = client.get("/site.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    for icon in json.loads(response.text)["icons"]:
        with closing(client.get(icon["src"])) as file:
            assert (file.status_code, file["Content-Type"]) == (200, icon["type"])


@pytest.mark.parametrize("name", ['O\'Brien & "Sons" </script>', "back\\slash", "日本 🚤 {{ x }}"])
def test_any_name_gives_a_valid_manifest(client: Client, settings: Settings, name: str) -> None:
    settings.SITE_NAME = name
    assert json.loads(client.get("/site.webmanifest").text)["name"] == name


@pytest.mark.django_db
def test_the_icon_has_a_fixed_url_too(client: Client) -> None:
    with closing(client.get("/favicon.ico", follow=True)) as response:
        assert (response.status_code, response["Content-Type"]) == (200, "image/x-icon")


def test_security_txt_has_the_required_fields(client: Client, settings: Settings) -> None:
    settings.SITE_AUTHOR_EMAIL, settings.SITE_DOMAIN = "o'brien+site@example.com", "www.example.org"
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == "mailto:o%27brien%2Bsite@example.com"
    assert fields["Canonical"] == "https://www.example.org/.well-known/security.txt"
    ahead = datetime.datetime.fromisoformat(fields["Expires"]) - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=29) < ahead < datetime.timedelta(days=365)


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/site.webmanifest", "/favicon.ico"])
def test_pages_and_files_refuse_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
