"""Who may use an endpoint, beyond being signed in."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsVerifiedStaff(BasePermission):
    """Staff whose session or token has given a code of the second factor."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not (request.user.is_authenticated and request.user.is_staff):
            return False
        if request.auth is not None:
            return request.auth.second_factor_at is not None
        return bool(request.user.is_verified())
