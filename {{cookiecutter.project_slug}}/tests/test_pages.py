"""The pages of a fresh site: what is in their HTML, for readers, for search engines and under the CSP."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.test import Client, modify_settings
from django.urls import reverse
from django.utils.html import escape
from pytest_django import Settings

PAGES = ["pages:home", "pages:about", "login"]


class Elements(HTMLParser):
    """The elements of a page, as (name, attributes), in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of every such element that has the wanted values."""
        return [attrs for name, attrs in self.found if name == tag and wanted.items() <= attrs.items()]

    def one(self, tag: str, **wanted: str) -> dict[str, str | None]:
        """The attributes of the only such element."""
        [attrs] = self.all(tag, **wanted)
        return attrs


def import_map(html: str) -> dict[str, str]:
    match = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert match
    imports: dict[str, str] = json.loads(match[1])["imports"]
    return imports


def test_the_home_page_needs_no_database(client: Client) -> None:
    """This test may not touch the database, and pytest-django sees to that."""
    assert client.get(reverse("pages:home")).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_it_is(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    page = Elements(response.text)
    assert page.one("html")["lang"] == "en"
    assert page.one("html")["dir"] == "ltr"
    assert f"{escape(settings.SITE_NAME)}</title>" in response.text
    assert page.one("meta", name="description")["content"] == settings.SITE_DESCRIPTION
    assert page.one("link", rel="canonical")["href"] == f"https://{settings.SITE_DOMAIN}{reverse(name)}"
    assert len(page.all("h1")) == 1
    assert page.one("main")["id"] == "main"


def test_links_elsewhere_show_the_page_with_an_image(client: Client) -> None:
    page = Elements(client.get(reverse("pages:about")).text)
    assert page.one("meta", property="og:title")["content"] == "About"
    assert page.one("meta", property="og:url")["content"] == f"https://{settings.SITE_DOMAIN}/about/"
    image = page.one("meta", property="og:image")["content"]
    assert image == f"https://{settings.SITE_DOMAIN}{staticfiles_storage.url('imgs/og.png')}"


def test_an_image_on_another_host_keeps_its_address(client: Client, settings: Settings) -> None:
    settings.STATIC_URL = "https://cdn.example.net/static/"
    image = Elements(client.get(reverse("pages:home")).text).one("meta", property="og:image")["content"]
    assert image == staticfiles_storage.url("imgs/og.png")
    assert image.startswith("https://cdn.example.net/static/imgs/og.")


@pytest.mark.parametrize("name", PAGES)
def test_the_navigation_marks_the_page_one_is_on(client: Client, name: str) -> None:
    current = Elements(client.get(reverse(name)).text).all("a", **{"aria-current": "page"})
    assert [link["href"] for link in current] == [reverse(name)]


@pytest.mark.django_db
def test_the_navigation_follows_who_is_signed_in(client: Client, django_user_model: Any) -> None:
    home = reverse("pages:home")
    assert Elements(client.get(home).text).all("a", href=reverse("login"))
    client.force_login(django_user_model.objects.create_user("ada"))
    page = Elements(client.get(home).text)
    assert page.one("form")["action"] == reverse("logout")
    assert page.all("input", name="csrfmiddlewaretoken")
    assert not page.all("a", href=reverse("admin:index"))
    client.force_login(django_user_model.objects.create_superuser("root"))
    assert Elements(client.get(home).text).all("a", href=reverse("admin:index"))


@pytest.mark.django_db
def test_a_wrong_password_is_explained_beside_the_form(client: Client) -> None:
    response = client.post(reverse("login"), {"username": "ada", "password": "wrong"})
    assert response.status_code == 200
    assert Elements(response.text).all("ul", **{"class": "errorlist nonfield"})


@pytest.mark.parametrize("name", PAGES)
def test_nothing_on_a_page_breaks_the_content_security_policy(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    nonce = re.search(r"script-src [^;]*'nonce-([^']+)'", response["Content-Security-Policy"])
    assert nonce
    page = Elements(response.text)
    for script in page.all("script"):
        assert "src" in script or script.get("nonce") == nonce[1]
    assert not page.all("style")
    assert not [attrs for _, attrs in page.found if any(key == "style" or key.startswith("on") for key in attrs)]


def test_modules_import_each_other_by_the_names_of_the_import_map(client: Client) -> None:
    """A relative import would work in development only: in production the names are hashed."""
    imports = import_map(client.get(reverse("pages:home")).text)
    assert imports["site/dismiss"] == staticfiles_storage.url("js/dismiss.js")
    folder = settings.BASE_DIR / "static" / "js"
    for script in folder.rglob("*.js"):
        names = re.findall(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""", script.read_text(encoding="utf-8"))
        assert set(names) <= set(imports), script


def test_messages_escape_their_text_and_name_their_button() -> None:
    html = render_to_string("_messages.html", {"messages": [Message(constants.ERROR, "<b>No</b>")]})
    item = Elements(html).one("li")
    assert item == {"class": "error", "data-dismiss": "Dismiss"}
    assert "Error:" in html
    assert "&lt;b&gt;No&lt;/b&gt;" in html


def test_the_home_page_does_without_the_proof(client: Client) -> None:
    with modify_settings(INSTALLED_APPS={"remove": "staticproof"}):
        assert "uv run manage.py provestatic" in client.get("/").text


def test_the_proof_is_shown_with_its_numbers() -> None:
    proof = {"files": 147, "bytes_raw": 2048, "bytes_gzip": 1024, "bytes_brotli": 512, "pages": 9, "references": 212}
    html = render_to_string("pages/_proof.html", {"proof": proof | {"headers": 588, "findings": 0}})
    assert "Proven, not promised" in html
    assert [number for number in ("147", "9", "212", "588") if f"<dd>{number}</dd>" not in html] == []
    assert [bar["width"] for bar in Elements(html).all("rect")] == ["2048", "1024", "512"]


def test_a_proof_that_failed_says_so() -> None:
    html = render_to_string("pages/_proof.html", {"proof": {"findings": 2, "bytes_raw": 1}})
    assert "Not proven" in html
    assert "2 faults were found" in html
    assert "<dd>" not in html


def test_without_a_proof_the_page_names_the_command() -> None:
    context = {"proof": None, "website": {"url": "https://example.com"}}
    html = render_to_string("pages/_proof.html", context)
    assert "Not proven here yet" in html
    assert "manage.py provestatic --url https://example.com/\n" in html.replace("</code>", "\n")


def test_an_app_has_its_own_stylesheet_and_images(client: Client) -> None:
    page = Elements(client.get(reverse("pages:about")).text)
    assert page.one("link", href=staticfiles_storage.url("pages/css/about.css"))["rel"] == "stylesheet"
    assert page.one("img", src=staticfiles_storage.url("pages/imgs/frame.svg"))["alt"]


def test_the_site_speaks_german_to_those_who_ask_for_it(client: Client) -> None:
    response = client.get(reverse("pages:home"), headers={"accept-language": "de-AT,de;q=0.9"})
    assert response["Content-Language"] == "de"
    assert Elements(response.text).one("html")["lang"] == "de"
    assert "Es läuft." in response.text


def test_every_marked_string_has_a_german_translation() -> None:
    catalogue = (settings.BASE_DIR / "locale" / "de" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    strings = "".join(re.findall(r'^(?:msgid(?:_plural)? )?"(.*)"$', catalogue, re.MULTILINE))
    templates: list[Path] = [
        path for folder in ("templates", "pages/templates") for path in (settings.BASE_DIR / folder).rglob("*.html")
    ]
    for template in templates:
        marked = re.findall(r"""{% translate ["'](.+?)["'] %}""", template.read_text(encoding="utf-8"))
        assert [text for text in marked if text not in strings] == [], template


@pytest.mark.parametrize(
    "file", ["templates/errors/style.css", "templates/base.html", "templates/site.webmanifest", "static/css/admin.css"]
)
def test_what_repeats_a_colour_agrees_with_the_stylesheet(file: str) -> None:
    """Error pages, theme-color and the manifest cannot read static/css/colours.css: change them when you change it."""
    colours = (settings.BASE_DIR / "static" / "css" / "colours.css").read_text(encoding="utf-8")
    repeated = re.findall(r"#[0-9a-f]{3,8}\b", (settings.BASE_DIR / file).read_text(encoding="utf-8"))
    assert [colour for colour in repeated if colour not in colours] == []
