"""How a request proves its second factor: a session that gave a code, or a token that was made with one."""

from datetime import datetime, timedelta
from typing import Any

from django_otp import login as remember_device

from accounts.models import AccessToken as Token
from accounts.models import Authenticator

__all__ = ["FRESH", "Token", "is_fresh", "is_verified", "remember_second_factor", "second_factor_at"]

# Refunds, bulk operations, changes of permissions and secrets ask again after this.
FRESH = timedelta(minutes=15)
SESSION_KEY = "second_factor_at"


def remember_second_factor(request: Any, device: Authenticator, now: datetime) -> None:
    """Note in the session of a signed-in user that the device has proved them."""
    remember_device(request, device)
    request.session[SESSION_KEY] = now.isoformat()


def is_verified(request: Any) -> bool:
    """Tell whether the caller has given a code, however long ago."""
    token = getattr(request, "auth", None)
    if isinstance(token, Token):
        return token.second_factor_at is not None
    user = request.user
    return bool(user.is_authenticated and hasattr(user, "is_verified") and user.is_verified())


def second_factor_at(request: Any) -> datetime | None:
    """Return when the caller last gave a code, or None; for Django's and REST framework's requests."""
    token = getattr(request, "auth", None)
    if isinstance(token, Token):
        return token.second_factor_at
    noted = request.session.get(SESSION_KEY) if is_verified(request) else None
    return datetime.fromisoformat(noted) if noted else None


def is_fresh(request: Any, now: datetime) -> bool:
    """Tell whether the caller's last code is recent enough for what can't be undone."""
    proved_at = second_factor_at(request)
    return proved_at is not None and now - proved_at < FRESH
