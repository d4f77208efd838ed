"""Who opens a socket: a browser by its session, from our own pages only; a program by its bearer token."""

from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from messaging.application.ports import SignIn, SignIns


class ForeignOrigin(Exception):
    """A page of another site opens the socket with its visitor's cookie."""


async def sign_in_of(scope: dict[str, Any], sign_ins: SignIns) -> SignIn | None:
    """Return the sign-in of the active user behind a socket, or None.

    Raises:
        PortUnavailable: the store doesn't answer.
        ForeignOrigin: a session cookie came from a page that isn't ours, or from no page.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    scheme, _, token = headers.get(b"authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await sign_ins.opened_by(token.strip())
    session_key = cookie(headers.get(b"cookie", ""), settings.SESSION_COOKIE_NAME)
    if not session_key:
        return None
    if not is_own_page(headers.get(b"origin", "")):
        raise ForeignOrigin
    return await user_of_session(session_key)


def is_own_page(origin: str) -> bool:
    """Tell whether an Origin is one of our pages'."""
    own = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, settings.CSRF_TRUSTED_ORIGINS)}
    return origin.lower() in own


@database_sync_to_async
def user_of_session(session_key: str) -> SignIn | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        return None
    return SignIn(user.pk, "session", session_key)


def cookie(header: str, name: str) -> str:
    found = SimpleCookie(header).get(name)
    return found.value if found is not None else ""
