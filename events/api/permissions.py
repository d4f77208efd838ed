"""Who may use an endpoint of events."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import IsStaffWithRole
from events.actors import ADMINISTERS, MODERATES


class MayChangeAnyEvent(IsStaffWithRole):
    """Verified staff whose role makes every event theirs to change."""

    permission = ADMINISTERS


class MayTakeEventsDown(IsStaffWithRole):
    """Verified staff whose role lets them take events down and put them back."""

    permission = MODERATES

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) or MayChangeAnyEvent().has_permission(request, view)
