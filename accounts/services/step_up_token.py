"""Give a token a fresh second factor, for what asks for a code of the last 15 minutes."""

from datetime import datetime

from accounts.models import AccessToken
from accounts.services.check_code import check_code
from common.transactions import use_case


def step_up_token(*, token: AccessToken, code: str, now: datetime) -> None:
    """Check the code of the token's user and note the time on the token: two transactions, see check_code.

    Raises:
        SecondFactorRequired, WrongCode, TooManyCodes
    """
    check_code(user_id=token.user_id, code=code, now=now)
    with use_case():
        AccessToken.objects.filter(pk=token.pk).update(second_factor_at=now)
