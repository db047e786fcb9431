"""Signing in and out, the limits of failed attempts, and the hash of passwords."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import hashers
from accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"
LOGIN = reverse("login")


@pytest.fixture(autouse=True)
def ada() -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


def sign_in(client: Client, password: str, ip: str = "198.51.100.1", name: str = "ada", url: str = LOGIN) -> Any:
    return client.post(url, {"username": name, "password": password}, headers={"x-forwarded-for": ip})


def test_a_user_signs_in_and_out(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert sign_in(client, "wrong").status_code == 200
    assert sign_in(client, PASSWORD).status_code == 302
    assert {record.name for record in caplog.records} == {"core.requests"}, "one line each, without the user's name"
    assert client.session[SESSION_KEY]
    client.post(reverse("logout"))
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize("url", [LOGIN, f"/{settings.ADMIN_URL}login/"])
def test_repeated_failures_lock_a_name_for_one_network(client: Client, url: str) -> None:
    statuses = [sign_in(client, "wrong", url=url).status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert set(statuses[:-1]) == {200}
    assert statuses[-1] == 429
    assert sign_in(client, PASSWORD, url=url).status_code == 429
    assert SESSION_KEY not in client.session
    assert sign_in(client, PASSWORD, ip="198.51.100.2", url=url).status_code == 302


def test_a_right_password_resets_the_count(client: Client) -> None:
    for _ in range(2):
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            assert sign_in(client, "wrong").status_code == 200
        assert sign_in(client, PASSWORD).status_code == 302


def test_a_network_with_many_names_is_locked(client: Client, settings: Settings) -> None:
    settings.FAILED_SIGN_INS_PER_NETWORK = limit = 8
    attempts = [sign_in(client, "wrong", f"2001:db8::{number}", f"user{number}") for number in range(limit)]
    assert [response.status_code for response in attempts] == [200] * (limit - 1) + [429]
    assert sign_in(client, PASSWORD, "2001:db8::ffff").status_code == 429
    assert sign_in(client, PASSWORD, "2001:db8:0:1::1").status_code == 302


def test_passwords_are_hashed_by_argon2_with_19_mebibytes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2PasswordHasher"]
    encoded = make_password(PASSWORD)
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSWORD, encoded)
    assert not check_password("wrong", encoded)


def test_few_passwords_are_hashed_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2PasswordHasher"]
    running = most = 0
    lock = threading.Lock()

    def slow_hash(*arguments: Any) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return "argon2$"

    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.encode", slow_hash)
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(make_password, [PASSWORD] * 8))
    assert most == hashers.HASHES_AT_ONCE


def test_the_admin_lists_and_adds_users(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert "ada" in client.get(reverse("admin:accounts_user_changelist")).text
    assert "selectfilter" in client.get(reverse("admin:accounts_user_change", args=[ada.pk])).text  # two lists
    url = reverse("admin:accounts_user_add")
    assert "autofocus" not in client.get(url).text  # the admin's script sets the focus
    passwords = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    client.post(url, {"username": "bob", **passwords}, follow=True)
    assert User.objects.get(username="bob").check_password(PASSWORD)
