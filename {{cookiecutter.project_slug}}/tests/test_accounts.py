"""The site's own user model, from the first migration on."""

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_user_model_is_our_own() -> None:
    assert get_user_model() is User


def test_a_user_signs_in_and_out(client: Client) -> None:
    User.objects.create_user("ada", password="a long enough secret")
    page = client.post(reverse("login"), {"username": "ada", "password": "a long enough secret"})
    assert page.status_code == 302
    assert client.session["_auth_user_id"]
    client.post(reverse("logout"))
    assert "_auth_user_id" not in client.session


def test_the_admin_lists_users(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="a long enough secret"))
    page = client.get(f"/{settings.ADMIN_URL}accounts/user/")
    assert page.status_code == 200
    assert "root" in page.text


def test_the_admin_adds_a_user_and_leaves_the_focus_to_its_own_script(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="a long enough secret"))
    address = f"/{settings.ADMIN_URL}accounts/user/add/"
    assert "autofocus" not in client.get(address).text
    secret = "another long secret"
    client.post(
        address, {"username": "ada", "password1": secret, "password2": secret, "usable_password": "true"}, follow=True
    )
    assert User.objects.get(username="ada").check_password(secret)
