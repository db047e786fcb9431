"""Changing and resetting a password, with the site's own pages and mail."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from conftest import SecureClient

pytestmark = pytest.mark.django_db
OLD, NEW = "a long enough secret", "another long enough secret"
CHANGE, RESET = reverse("password_change"), reverse("password_reset")


@pytest.fixture(autouse=True)
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.org", OLD)


def links_in_mail(client: Client, **headers: str) -> list[str]:
    """Ask for a mail, and return the link in its text and the link in its HTML."""
    assert client.post(RESET, {"email": "ada@example.org"}, headers=headers).status_code == 302
    [message] = mail.outbox
    assert isinstance(message, mail.EmailMultiAlternatives)
    [(html, content_type)] = message.alternatives
    assert content_type == "text/html"
    return [re.findall(r'https?://[^\s"]+', str(text))[0] for text in (message.body, html)]


def test_a_mail_leads_to_a_new_password(client: Client, ada: User) -> None:
    [link, same_link] = links_in_mail(client)
    assert link == same_link
    form = client.get(link, follow=True)
    assert form.context["validlink"]
    done = client.post(form.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert done.status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert not client.get(link, follow=True).context["validlink"], "each link works once"


def test_the_link_has_the_domain_of_the_site_and_not_a_host_that_a_stranger_sends(
    client: Client, settings: Settings
) -> None:
    settings.SITE_DOMAIN, settings.ALLOWED_HOSTS = "www.example.org", [".example.org"]
    for link in links_in_mail(client, host="foreign.example.org"):
        assert link.startswith("https://www.example.org/")


@pytest.mark.parametrize(("debug", "domain"), [(True, "www.example.org"), (False, "example.com")])
def test_the_link_has_the_host_of_the_request_in_development_and_while_there_is_no_domain(
    client: Client, settings: Settings, debug: bool, domain: str
) -> None:
    settings.DEBUG, settings.SITE_DOMAIN = debug, domain
    for link in links_in_mail(client):
        assert link.startswith("https://testserver/")


def test_the_response_does_not_reveal_which_accounts_exist(client: Client) -> None:
    answers = [client.post(RESET, {"email": email}) for email in ("ada@example.org", "bob@example.org")]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert len(mail.outbox) == 1


def test_a_user_changes_the_password_and_other_browsers_are_signed_out(client: Client, ada: User) -> None:
    elsewhere = SecureClient()
    assert client.get(CHANGE).status_code == 302, "visitors sign in first"
    for browser in (client, elsewhere):
        browser.force_login(ada)
    changed = client.post(CHANGE, {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}, follow=True)
    assert changed.status_code == 200
    assert client.get(CHANGE).status_code == 200
    assert elsewhere.get(CHANGE).status_code == 302


@pytest.mark.parametrize("name", ["change", "change_done", "reset", "reset_done", "reset_complete"])
def test_the_pages_have_the_look_of_the_site_and_not_of_the_admin(client: Client, ada: User, name: str) -> None:
    client.force_login(ada)
    [template, *_] = client.get(reverse(f"password_{name}")).templates
    assert Path(template.origin.name).is_relative_to(settings.BASE_DIR / "templates")
