"""Who speaks to the intake: programs with a token made for it, for the sources that an administrator has granted. And
which staff sees and runs campaigns."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import IsStaffWithRole


class IsProgram(BasePermission):
    """The request carries a token; a session of the site never does."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.auth is not None


class MayReadCampaigns(IsStaffWithRole):
    permission = "notifications.view_campaign"


class MayRunCampaigns(IsStaffWithRole):
    permission = "notifications.change_campaign"
