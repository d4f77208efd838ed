"""Make the roles of staff: groups with Django permissions; each `migrate` runs it.

Permissions are named by strings, so that roles reach into apps above; one whose app isn't there yet is left out.
"""

import structlog
from django.contrib.auth.models import Group, Permission

from common.transactions import requires_transaction

log = structlog.get_logger(__name__)

ROLES: dict[str, tuple[str, ...]] = {
    # Answers people: sees accounts, organizers and events, and what was done to them.
    "support": (
        "accounts.view_user",
        "accounts.view_organizer",
        "accounts.view_accountmail",
        "events.view_event",
        "events.view_promocode",
        "bookings.view_booking",
        "bookings.view_bookingchange",
        "bookings.view_tickettransfer",
        "bookings.view_waitingentry",
        "reviews.view_review",
        "messaging.view_conversation",
        "messaging.view_messagereport",
        "notifications.view_notificationevent",
        "notifications.view_notificationjob",
        "audit.view_auditentry",
    ),
    # Keeps what is published in order: approves organizers, takes events and reviews down.
    "moderator": (
        "accounts.view_organizer",
        "accounts.change_organizer",
        "events.view_event",
        "events.suspend_event",
        "reviews.view_review",
        "reviews.change_review",
        "reviews.view_moderationdecision",
        "messaging.view_conversation",
        "messaging.view_messagereport",
        "messaging.change_messagereport",
        "audit.view_auditentry",
    ),
    # Looks after money.
    "finance": (
        "accounts.view_organizer",
        "events.view_event",
        "bookings.view_booking",
        "bookings.change_booking",
        "bookings.view_bookingchange",
        "bookings.view_cancellationfailure",
        "bookings.view_eventattendance",
        "bookings.view_eventcancellation",
        "bookings.view_payment",
        "bookings.view_provideraccount",
        "bookings.view_providerwebhook",
        "bookings.view_refund",
        "bookings.view_seatdrift",
        "bookings.view_settlement",
        "bookings.view_tickettransfer",
        "bookings.view_waitingentry",
        "events.change_promocode",
        "events.view_promocode",
        "analytics.view_eventday",
        "audit.view_auditentry",
    ),
}


@requires_transaction
def set_up_staff_roles() -> None:
    """Create missing groups and give each exactly its permissions."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, names in ROLES.items():
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in names if name in known])
        missing = [name for name in names if name not in known]
        if missing:
            log.warning("accounts.roles.permissions_missing", role=role, missing=missing)
