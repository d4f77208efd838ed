"""Who may use an endpoint, beyond being signed in."""

from datetime import timedelta
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.second_factor import Token, is_fresh, is_verified
from accounts.selectors import get_authenticator, is_session_younger_than


class IsVerifiedStaff(BasePermission):
    """Staff whose session or token has given a code of the second factor."""

    message = _("Only staff with a verified second factor may do this.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.is_staff and is_verified(request))


class IsStaffWithRole(IsVerifiedStaff):
    """Verified staff whose role includes `permission`; subclasses name it (see set_up_staff_roles)."""

    message = _("Your role does not include this.")
    permission: ClassVar[str]

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and request.user.has_perm(self.permission)


class HasFreshSecondFactor(BasePermission):
    """The last code is at most 15 minutes old; `POST auth/step-up/` gives another."""

    message = _("Give a fresh code of your second factor first.")
    code = "step_up_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_fresh(request, timezone.now())


class IsProvedLately(BasePermission):
    """For what can't be undone: a fresh code of whoever has a second factor; else a token, or a session begun lately."""

    message = _("Sign in again, or give a fresh code of your second factor, first.")
    code = "step_up_required"
    lately = timedelta(minutes=5)

    def has_permission(self, request: Request, view: APIView) -> bool:
        caller, now = request.user.pk, timezone.now()
        if caller is None:
            return False
        if get_authenticator(user_id=caller) is not None:
            return is_fresh(request, now)
        if isinstance(request.auth, Token):
            return True
        key = request._request.session.session_key or ""
        return is_session_younger_than(session_key=key, since=now - self.lately)
