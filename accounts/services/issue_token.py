"""Issue a token to a program. An account with a second factor gets none without its code."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import AccessToken
from accounts.scopes import GRANTABLE
from accounts.selectors import get_authenticator, get_user, get_verified_user
from accounts.services.check_code import check_code
from common.transactions import requires_transaction, use_case

DEFAULT_LIFETIME_DAYS = 30
LONGEST_LIFETIME_DAYS = 365


def issue_token(
    *,
    user_id: UUID,
    code: str,
    name: str = "",
    scopes: Sequence[str] = GRANTABLE,
    lifetime_days: int = DEFAULT_LIFETIME_DAYS,
    now: datetime,
) -> tuple[AccessToken, str]:
    """Check the second factor, if there is one, and make the token: two transactions, see check_code.

    Returns:
        The stored token, and its text, which nobody can read again.

    Raises:
        EmailNotVerified, SecondFactorRequired, WrongCode, TooManyCodes
    """
    get_verified_user(user_id=user_id)
    verified = get_authenticator(user_id=user_id) is not None
    if verified:
        check_code(user_id=user_id, code=code, now=now)
    with use_case():
        return make_token(
            user_id=user_id,
            name=name,
            scopes=scopes,
            lifetime_days=lifetime_days,
            second_factor_at=now if verified else None,
        )


@requires_transaction
def make_token(
    *, user_id: UUID, name: str, scopes: Sequence[str], lifetime_days: int, second_factor_at: datetime | None
) -> tuple[AccessToken, str]:
    """Store a token's hash; return it with its text."""
    token, text = AccessToken.objects.create(
        get_user(user_id=user_id),
        expiry=timedelta(days=lifetime_days),
        name=name,
        scopes=sorted(scopes),
        second_factor_at=second_factor_at,
    )
    return token, text
