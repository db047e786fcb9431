"""The address of a visitor behind trusted and untrusted proxies."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from core.client_ip import get_client_ip, get_client_network

PROXIES = ["127.0.0.1", "::1", "10.0.0.0/8"]


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        (PROXIES, "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # the peer is not a proxy
        (PROXIES, "127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (PROXIES, "::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (PROXIES, "127.0.0.1", "198.51.100.1, 10.0.0.7", "198.51.100.1"),
        (PROXIES, "127.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the visitor has sent the first entry
        (PROXIES, "127.0.0.1", "not an address", "127.0.0.1"),
        (PROXIES, "", "198.51.100.1", "198.51.100.1"),  # a Unix socket
        (PROXIES, "", "", "127.0.0.1"),
        (PROXIES, "127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        (PROXIES, "127.0.0.1", "[2001:db8::1]:4711, 10.0.0.7:80", "2001:db8::1"),
        (["*"], "10.9.8.7", "1.2.3.4, 198.51.100.1:4711", "198.51.100.1"),
        (["*"], "10.9.8.7", "", "10.9.8.7"),
    ],
)
def test_the_client_is_the_last_address_that_is_not_a_trusted_proxy(
    settings: Settings, trusted: list[str], peer: str, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})
    assert get_client_ip(request) == client


@pytest.mark.parametrize(
    ("ip", "network"), [("198.51.100.1", "198.51.100.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
)
def test_an_ipv6_client_is_a_network_of_64_bits(ip: str, network: str) -> None:
    assert get_client_network(RequestFactory().get("/", REMOTE_ADDR=ip)) == network
