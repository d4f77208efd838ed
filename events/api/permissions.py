"""Who may use an endpoint of events."""

from accounts.api.permissions import IsStaffWithRole


class MayChangeAnyEvent(IsStaffWithRole):
    """Verified staff whose role lets them take events down and put them back."""

    permission = "events.change_event"
