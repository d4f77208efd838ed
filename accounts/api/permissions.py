"""Who may use an endpoint, beyond being signed in."""

from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.second_factor import is_fresh, is_verified


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
