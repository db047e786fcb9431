"""Signing in: passwords are hashed by Argon2, and guessing is slowed down."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from config import settings as site_settings

pytestmark = pytest.mark.django_db
SECRET = "a long enough secret"


@pytest.fixture(autouse=True)
def ada() -> User:
    return User.objects.create_superuser("ada", password=SECRET)


def sign_in(client: Client, password: str, path: str, forwarded: str = "198.51.100.1") -> Any:
    return client.post(
        path, {"username": "ada", "password": password}, headers={"x-forwarded-for": forwarded, "accept-language": "en"}
    )


@pytest.mark.parametrize("path", [reverse("login"), f"/{settings.ADMIN_URL}login/"])
def test_guessing_is_slowed_down(client: Client, path: str) -> None:
    statuses = [sign_in(client, "wrong", path).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    locked = sign_in(client, SECRET, path)
    assert locked.status_code == 429
    assert "<h1>Too many attempts</h1>" in locked.text
    assert "_auth_user_id" not in client.session


def test_others_may_still_sign_in(client: Client) -> None:
    path = reverse("login")
    for _ in range(6):
        sign_in(client, "wrong", path)
    assert sign_in(client, SECRET, path, forwarded="198.51.100.2").status_code == 302


def test_a_right_password_forgives_wrong_ones(client: Client) -> None:
    path = reverse("login")
    for _ in range(2):
        assert [sign_in(client, "wrong", path).status_code for _ in range(4)] == [200] * 4
        assert sign_in(client, SECRET, path).status_code == 302


def test_passwords_are_hashed_by_argon2(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS  # the tests' own are quick ones
    assert make_password(SECRET).startswith("argon2$argon2id$")
