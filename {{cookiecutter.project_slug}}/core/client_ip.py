"""The IP address of a visitor behind proxies."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def get_client_ip(request: HttpRequest) -> str:
    """Return the address of the visitor: the last one that is not one of our proxies.

    Each proxy appends the address of its client to X-Forwarded-For. A visitor can send the header too, so only the
    entries that TRUSTED_PROXIES have appended count. As in gunicorn, `*` trusts the one proxy in front.
    """
    trusted = settings.TRUSTED_PROXIES
    peer = parse_address(request.META.get("REMOTE_ADDR", ""))
    forwarded = [entry for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if entry.strip()]
    if "*" in trusted:
        peer = parse_address(forwarded[-1]) or peer if forwarded else peer
    else:
        # Only this machine can connect to a Unix socket, which has no address.
        while forwarded and (peer is None or any(peer in ip_network(proxy) for proxy in trusted)):
            if not (client := parse_address(forwarded.pop())):
                break
            peer = client
    return str(peer or "127.0.0.1")


def get_client_network(request: HttpRequest) -> str:
    """Return an IPv4 address, or the /64 network of an IPv6 address, by which failed sign-ins are counted.

    Providers give each customer at least a /64 network, so one visitor has 2**64 addresses (RFC 6177).
    """
    address = ip_address(get_client_ip(request))
    return str(address if address.version == 4 else ip_network((address.packed, 64), strict=False).network_address)


def parse_address(entry: str) -> IPv4Address | IPv6Address | None:
    """Return the address in an entry such as `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`."""
    text = entry.strip().strip('"').partition("%")[0]
    if text.startswith("[") or text.count(":") == 1:
        text = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket shows an IPv4 address in its IPv6 form.
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
