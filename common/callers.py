"""Who is behind a request."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from uuid import UUID

from django.conf import settings

# What one subscriber is given (RFC 6177): whoever has one address of it has them all.
IPV6_SUBSCRIBER = 64


def caller_id(request: Any) -> UUID:
    """Return the id of the signed-in user; for views that guests can't reach."""
    return cast("UUID", request.user.pk)


def caller_time_zone(request: Any) -> str:
    """Return the time zone in which the signed-in user reads times."""
    return cast("str", request.user.time_zone)


def caller_address(request: Any) -> str:
    """Return the address that the outermost of our own proxies saw; '' when nobody knows it.

    The caller itself may have written the beginning of X-Forwarded-For: only its last entries, one for each of our
    proxies, are believed.
    """
    seen = [one.strip() for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()]
    proxies = settings.TRUSTED_PROXIES
    forwarded = seen[-min(proxies, len(seen))] if proxies and seen else ""
    return _plain(forwarded) or _plain(request.META.get("REMOTE_ADDR", ""))


def caller_network(request: Any) -> str:
    """Return what limits count by: an IPv4 address, or the network that an IPv6 subscriber was given."""
    address = caller_address(request)
    if address and isinstance(ip_address(address), IPv6Address):
        return str(IPv6Network((address, IPV6_SUBSCRIBER), strict=False))
    return address


def _plain(given: str) -> str:
    """Return an address in its one spelling, or '' for what isn't one."""
    try:
        address = ip_address(given)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
