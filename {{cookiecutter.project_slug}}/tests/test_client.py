"""Whom a sign-in came from, behind proxies that are believed and others that are not."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from config.client import address

PROXIES = ["127.0.0.1", "::1", "10.0.0.0/8"]


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        (PROXIES, "203.0.113.9", "", "203.0.113.9"),
        (PROXIES, "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours said so
        (PROXIES, "127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (PROXIES, "::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (PROXIES, "127.0.0.1", "198.51.100.1, 10.0.0.7", "198.51.100.1"),
        (PROXIES, "127.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the visitor invented the first
        (PROXIES, "127.0.0.1", "not an address", "127.0.0.1"),
        (PROXIES, "", "198.51.100.1", "198.51.100.1"),  # a Unix socket
        (PROXIES, "127.0.0.1", "2001:db8::1", "2001:db8::1"),
        (["*"], "10.9.8.7", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        (["*"], "10.9.8.7", "", "10.9.8.7"),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(
    settings: Settings, trusted: list[str], peer: str, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})
    assert address(request) == client
