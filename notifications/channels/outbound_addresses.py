"""Where this server may be sent by strangers: public addresses only, judged after the name was looked up.

The request is pinned to the address that was judged, so that a name which answers differently the second time gains
nothing (DNS rebinding).
"""

import ipaddress
import socket

import httpx
from django.conf import settings

PORTS = {443, 8443}
# Ranges that carry an IPv4 address inside, and lead to it where somebody translates.
TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")))


class AddressRefused(Exception):
    """The URL leads to where nobody outside may send this server."""


def pinned(request: httpx.Request) -> httpx.Request:
    """Return the request with its host replaced by a judged address; name and certificate stay those of the host.

    Raises:
        AddressRefused
    """
    url = request.url
    _demand_form(url)
    address = _address_of(url.host, _port_of(url))
    _demand_public(address)
    request.url = url.copy_with(host=str(address))
    request.headers["host"] = url.netloc.decode()
    request.extensions["sni_hostname"] = url.host
    return request


def demand_callable(given: str) -> None:
    """Judge an address as far as that is possible without asking for the name.

    Raises:
        AddressRefused
    """
    try:
        url = httpx.URL(given)
    except httpx.InvalidURL as error:
        raise AddressRefused("this is no URL") from error
    _demand_form(url)
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return
    _demand_public(address)


def _demand_form(url: httpx.URL) -> None:
    if url.scheme != "https" and not (_is_local_allowed() and url.scheme == "http"):
        raise AddressRefused("only https is called")
    if not url.host or url.userinfo or (_port_of(url) not in PORTS and not _is_local_allowed()):
        raise AddressRefused("this port or these credentials are not allowed in a URL")


def _demand_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if _is_local_allowed() and address.is_loopback:
        return
    in_tunnel = any(address in network for network in TUNNELS if network.version == address.version)
    if not address.is_global or address.is_multicast or address.is_reserved or in_tunnel:
        raise AddressRefused("this address is not public")


def _port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _is_local_allowed() -> bool:
    return bool(settings.ENVIRONMENT != "production")


def _address_of(host: str, port: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host} is not known") from error
    address = ipaddress.ip_address(found[0][4][0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
