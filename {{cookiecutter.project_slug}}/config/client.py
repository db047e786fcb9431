"""Who asks: the address of a visitor behind proxies."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The address of the client: the last one that no proxy of ours has written.

    Each proxy adds whom it heard from to the end of X-Forwarded-For; what stands before that may be the visitor's own
    invention. TRUSTED_PROXIES says whom to believe, as gunicorn does: addresses, networks, or `*` for the one proxy
    that alone can reach this process.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    chain = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",") if entry.strip()]
    if "*" in settings.TRUSTED_PROXIES:
        return _plain(chain[-1]) if chain and _parsed(chain[-1]) else _plain(peer)
    while chain and _is_proxy(peer) and _parsed(chain[-1]):
        peer = chain.pop()
    return _plain(peer)


def _is_proxy(peer: str) -> bool:
    # A peer without an address came over a Unix socket, which only this machine's proxy can open.
    found = _parsed(peer)
    return not peer or (found is not None and any(found in ip_network(name) for name in settings.TRUSTED_PROXIES))


def _plain(peer: str) -> str:
    found = _parsed(peer)
    return str(found) if found else peer


def _parsed(peer: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(peer)
    except ValueError:
        return None
    # A socket that takes both shows an IPv4 address in its IPv6 form.
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found
