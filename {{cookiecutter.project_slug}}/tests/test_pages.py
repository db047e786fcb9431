"""The pages in the sitemap and the sign-in page: they work, and nothing on them is blocked or missing."""

import json
import re
from contextlib import closing
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.html import escape
from pytest_django import Settings

from pages import views
from pages.sitemaps import PagesSitemap
from tests.html import Page

PAGES = [reverse(name) for name in (*PagesSitemap().items(), "login", "password_reset")]


@pytest.mark.django_db  # closing a file ends its request, and Django then looks at its database connections
@pytest.mark.parametrize("path", PAGES)
def test_static_files_of_a_page_are_hashed_and_served(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    urls = re.findall(rf"""["']({re.escape(settings.STATIC_URL)}[^"']+)["']""", response.text)
    for url in urls:
        assert re.search(r"\.[0-9a-f]{12}\.", url), f"{url} needs the static tag"
        with closing(client.get(url)) as file:
            assert file.status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_nothing_on_a_page_is_blocked_by_the_content_security_policy(client: Client, path: str) -> None:
    response = client.get(path)
    nonce = re.search(r"'nonce-([^']+)'", response["Content-Security-Policy"])
    page = Page(response.text)
    for attributes in page.all("script") + page.all("style"):
        assert "src" in attributes or (nonce and attributes.get("nonce") == nonce[1])
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag


def test_the_page_of_styles_is_for_developers(client: Client) -> None:
    request = RequestFactory().get("/styles/")
    assert "</form>" in views.styles(request).text
    assert client.get("/styles/").status_code == 404


@pytest.mark.parametrize(
    ("domain", "url"), [("www.example.org", "https://www.example.org"), ("example.com", "https://testserver")]
)
def test_the_canonical_link_has_the_domain_or_the_host_while_there_is_none(
    client: Client, settings: Settings, domain: str, url: str
) -> None:
    settings.SITE_DOMAIN = domain
    page = Page(client.get(reverse("login")).text)
    assert page.one("link", rel="canonical")["href"] == url + reverse("login")
    assert str(page.one("meta", property="og:image")["content"]).startswith(f"{url}/static/")


def test_a_page_has_the_language_title_and_description_of_the_site(client: Client, settings: Settings) -> None:
    settings.SITE_NAME, settings.SITE_DESCRIPTION = 'O\'Brien & "Sons"', "<b>Boats</b>"
    response = client.get(reverse("login"))
    page = Page(response.text)
    assert page.one("html")["lang"] == "en"
    assert page.one("meta", name="description")["content"] == "<b>Boats</b>"
    assert f"{escape(settings.SITE_NAME)}</title>" in response.text


@pytest.mark.django_db
def test_the_header_shows_sign_in_sign_out_and_admin(client: Client, django_user_model: Any) -> None:
    url = reverse("login")
    assert Page(client.get(url).text).all("a", href=reverse("login"))
    client.force_login(django_user_model.objects.create_user("ada"))
    page = Page(client.get(url).text)
    assert page.all("form", action=reverse("logout"))
    assert not page.all("a", href=reverse("admin:index"))
    client.force_login(django_user_model.objects.create_superuser("root"))
    assert Page(client.get(url).text).all("a", href=reverse("admin:index"))


def test_modules_import_each_other_by_the_names_in_the_import_map(client: Client) -> None:
    """A relative import works in development only: in production the file names are hashed."""
    html = client.get(reverse("login")).text
    import_map = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', html, re.DOTALL)
    names = set(json.loads(import_map[1])["imports"]) if import_map else set()
    for script in (settings.BASE_DIR / "static" / "js").rglob("*.js"):
        imported = re.findall(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""", script.read_text(encoding="utf-8"))
        assert set(imported) <= names, script


@pytest.mark.parametrize(
    "file", ["templates/errors/style.css", "templates/base.html", "templates/site.webmanifest", "static/css/admin.css"]
)
def test_repeated_colours_are_in_the_stylesheet(file: str) -> None:
    """These files cannot read static/css/colours.css. Change them too when you change a colour."""
    colours = (settings.BASE_DIR / "static" / "css" / "colours.css").read_text(encoding="utf-8")
    repeated = re.findall(r"#[0-9a-f]{3,8}\b", (settings.BASE_DIR / file).read_text(encoding="utf-8"))
    assert [colour for colour in repeated if colour not in colours] == []
