"""Who reads everybody's figures."""

from accounts.api.permissions import IsStaffWithRole


class MayReadEverybodysFigures(IsStaffWithRole):
    permission = "analytics.view_eventday"
