"""The last stage of signing in: an account with a second factor gets its session after a code, never before."""

from typing import Any

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.selectors import get_authenticator


class SecondFactorStage(LoginStage):
    """Sends the browser to the page that asks for the code."""

    key = "second_factor"
    urlname = "accounts_code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user: Any = self.login.user
        if user is None or get_authenticator(user_id=user.pk) is None:
            return None, True
        return redirect(self.urlname), True
