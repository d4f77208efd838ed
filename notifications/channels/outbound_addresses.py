"""Requests to addresses that strangers have given: each goes to the address that was judged, whatever the name means later."""

import httpx
from django.conf import settings

from common.outbound_addresses import Rules, UnknownHost, judge


def rules_here() -> Rules:
    """Return what is allowed here: outside production also this machine itself, without TLS."""
    is_at_home = settings.ENVIRONMENT != "production"
    return Rules(https_only=not is_at_home, at_home=is_at_home)


def pinned(request: httpx.Request) -> httpx.Request:
    """Return the request with its host replaced by a judged address; name and certificate stay those of the host.

    Raises:
        ForbiddenAddress
        httpx.ConnectError: the name isn't known now.
    """
    url = request.url
    try:
        target = judge(str(url), rules=rules_here())
    except UnknownHost as error:
        raise httpx.ConnectError(f"{url.host} is not known") from error
    request.url = url.copy_with(host=target.address)
    request.headers["host"] = url.netloc.decode()
    request.extensions["sni_hostname"] = target.host
    # A connection is kept by its address: the next name there would speak over one whose certificate isn't its own.
    request.headers["connection"] = "close"
    return request
