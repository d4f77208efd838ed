"""Where strangers may send this server: the guard against requests into its own network (OWASP: SSRF).

The name is resolved once, every answer is judged, and the connection goes to the judged address: a name that means
something else a moment later changes nothing. Redirects are not followed, so there is nothing else to judge.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

PORTS = frozenset({80, 443, 8080, 8443})
# What stands in a path and a query as it is: everything else is percent-encoded (RFC 3986, section 2).
SAFE_IN_PATHS = "/?%:@!$&'()*+,;=~-._"
# Ranges that carry an IPv4 address inside, or that Python 3.11 takes for public.
TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")))


class ForbiddenAddress(ValueError):
    """Nothing may be sent there; the text says why."""


class UnknownHost(ForbiddenAddress):
    """No name server knows the host now; it may a minute later."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is allowed: https only in production; addresses of this machine in development only."""

    https_only: bool = True
    at_home: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to connect (`address`, judged), and as whom to speak (`host`)."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def resolve_by_system(host: str, port: int) -> list[str]:
    """Return all addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def judge(url: str, *, rules: Rules, resolve: Resolve = resolve_by_system) -> Target:
    """Return where a request to the URL goes.

    Raises:
        UnknownHost, ForbiddenAddress
    """
    parts, host, port = _read(url, rules)
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise UnknownHost("the name is not known") from error
    addresses = [_public(one, rules) for one in found]
    if not addresses:
        raise UnknownHost("the name is not known")
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=SAFE_IN_PATHS)
    return Target(scheme=parts.scheme, host=host, port=port, path=path, address=str(addresses[0]))


def check_form(url: str, *, rules: Rules) -> None:
    """Refuse what can be refused without asking a name server.

    Raises:
        ForbiddenAddress
    """
    _parts, host, _port = _read(url, rules)
    try:
        literal = str(ipaddress.ip_address(host))
    except ValueError:
        return
    _public(literal, rules)


def _read(url: str, rules: Rules) -> tuple[SplitResult, str, int]:
    """Return the parts of the URL, its host as it stands in DNS, and its port."""
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url) or "\\" in url:
        raise ForbiddenAddress("the address is malformed")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        # Headers and TLS know a Cyrillic name only so.
        host = str(parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise ForbiddenAddress("the address is malformed") from error
    if parts.scheme != "https" and (rules.https_only or parts.scheme != "http"):
        raise ForbiddenAddress("only https is taken")
    if not host or parts.username is not None or parts.password is not None:
        raise ForbiddenAddress("the address is malformed")
    if port not in PORTS and not rules.at_home:
        raise ForbiddenAddress("the port is not one of 80, 443, 8080 and 8443")
    return parts, host, port


def _public(text: str, rules: Rules) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if rules.at_home and address.is_loopback:
        return address
    in_tunnel = any(address in network for network in TUNNELS if network.version == address.version)
    if not address.is_global or address.is_multicast or address.is_reserved or in_tunnel:
        raise ForbiddenAddress("the address is not a public one")
    return address
