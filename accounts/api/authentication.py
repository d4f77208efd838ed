"""How a request says who it is: a bearer token for programs, the session cookie with CSRF for pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import AccessToken, User
from accounts.scopes import READ, WRITE
from accounts.selectors import get_live_token
from accounts.services.note_token_use import is_worth_noting, note_token_use
from common.problems import Problem


class ScopeMissing(Problem):
    """The token was not made for this."""

    code = "scope_missing"
    status = 403
    title = "This token may not do this."


class AccessTokenAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`; refuses what is outside the token's scopes, on every view."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        found: tuple[User, AccessToken] | None = super().authenticate(request)
        if found is None:
            return None
        user, token = found
        needed = _needed_scope(request)
        if needed not in token.scopes:
            raise ScopeMissing(
                needed, headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'}
            )
        _note_use(token, timezone.now())
        return user, token

    def authenticate_credentials(self, token: bytes) -> tuple[User, AccessToken]:
        """Find the token by its hash: one query, where knox reads all tokens of the user."""
        found = get_live_token(text=token.decode("ascii", errors="replace"), now=timezone.now())
        if found is None:
            raise AuthenticationFailed(_("This token is not valid, or not any more."))
        return found.user, found


class PageSessionAuthentication(SessionAuthentication):
    """The session of the site's own pages; unsafe methods need the CSRF token."""


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """Tells the API's documentation about bearer tokens."""

    target_class = "accounts.api.authentication.AccessTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `POST /api/v1/auth/tokens/`; a service's, from an administrator.",
        }


class PageSessionScheme(SessionScheme):
    """Tells the API's documentation about the session cookie."""

    target_class = "accounts.api.authentication.PageSessionAuthentication"


def plain_token_of(request: HttpRequest, *, scope: str, now: datetime) -> AccessToken | None:
    """Return the live token of a request, made for `scope`, and note its use; None for what needs to be refused in words.

    For the short ways past REST framework: what gets None there goes the long way.
    """
    kind, _space, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind != "Bearer" or not text.isascii() or text.split() != [text]:
        return None
    token = get_live_token(text=text, now=now)
    if token is None or scope not in token.scopes:
        return None
    _note_use(token, now)
    return token


def _note_use(token: AccessToken, now: datetime) -> None:
    if is_worth_noting(token, now):
        note_token_use(token=token, now=now)


def _needed_scope(request: Request) -> str:
    view = (request.parser_context or {}).get("view")
    own: str | None = getattr(view, "token_scope", None)
    return own or (READ if request.method in SAFE_METHODS else WRITE)
