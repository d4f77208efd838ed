"""The first factor for programs: e-mail and password, with the limits that the sign-in page has."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from rest_framework.request import Request

from accounts.models import User
from common.problems import Problem


class WrongCredentials(Problem):
    """No active account has this e-mail and password; which of the two is wrong is not said."""

    code = "wrong_credentials"
    status = 401
    title = "E-mail or password is not right."


class TooManyAttempts(Problem):
    """Too many wrong passwords, for this account or from this address."""

    code = "too_many_attempts"
    status = 429
    title = "Too many wrong passwords. Wait before the next attempt."


# The longest of allauth's periods for failed sign-ins.
WAIT_SECONDS = 300


def check_password(request: Request, *, email: str, password: str) -> User:
    """Return the user; failures are counted together with those of the sign-in page.

    Raises:
        WrongCredentials, TooManyAttempts
    """
    plain = request._request
    try:
        user = get_adapter(plain).authenticate(plain, email=email.lower(), password=password)
    except ValidationError as error:
        raise TooManyAttempts(headers={"Retry-After": str(WAIT_SECONDS)}) from error
    if user is None or not user.is_active:
        raise WrongCredentials
    assert isinstance(user, User)  # noqa: S101  (the backend's type is wider)
    return user
