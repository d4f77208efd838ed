"""Where this server may be sent by strangers: public addresses only, judged after the name was looked up.

The request is pinned to the address that was judged, so that a name which answers differently the second time gains
nothing (DNS rebinding).
"""

import ipaddress
import socket

import httpx
from django.conf import settings

PORTS = {443, 8443}


class AddressRefused(Exception):
    """The URL leads to where nobody outside may send this server."""


def pinned(request: httpx.Request) -> httpx.Request:
    """Return the request with its host replaced by a judged address; name and certificate stay those of the host.

    Raises:
        AddressRefused
    """
    url = request.url
    is_local_allowed = settings.ENVIRONMENT != "production"
    if url.scheme != "https" and not (is_local_allowed and url.scheme == "http"):
        raise AddressRefused("only https is called")
    port = url.port or (443 if url.scheme == "https" else 80)
    if url.userinfo or (port not in PORTS and not is_local_allowed):
        raise AddressRefused("this port or these credentials are not allowed in a URL")
    address = _address_of(url.host, port)
    if not address.is_global and not (is_local_allowed and address.is_loopback):
        raise AddressRefused("this address is not public")
    request.url = url.copy_with(host=str(address))
    request.headers["host"] = url.netloc.decode()
    request.extensions["sni_hostname"] = url.host
    return request


def _address_of(host: str, port: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host} is not known") from error
    address = ipaddress.ip_address(found[0][4][0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
