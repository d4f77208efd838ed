"""What an event needs before people may see it."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.problems import FieldProblem
from events.models import Event, TicketType


def missing_for_publication(*, event: Event, types: list[TicketType], now: datetime) -> tuple[FieldProblem, ...]:
    """Return everything that is missing at once, each with a pointer into the event."""
    missing = [*missing_in_content(event=event), *missing_in_offer(event=event, types=types)]
    if event.starts_at <= now:
        missing.append(start_in_the_past())
    if not event.organizer.members.filter(role="owner", user__email_verified_at__isnull=False).exists():
        missing.append(
            FieldProblem("/organizer", "email_not_verified", _("The organizer's owner must verify their e-mail first."))
        )
    return tuple(missing)


def start_in_the_past() -> FieldProblem:
    return FieldProblem("/starts_at", "in_the_past", _("The start must lie in the future."))


def missing_in_content(*, event: Event) -> tuple[FieldProblem, ...]:
    """Return what a published event may never lose."""
    missing = []
    if not event.online_url and not (event.city and event.venue):
        missing.append(FieldProblem("/venue", "required", _("Name the city and the place, or give an online link.")))
    if "bands" not in event.refund_policy:
        missing.append(FieldProblem("/refund_policy", "required", _("Say how much is refunded when somebody cancels.")))
    return tuple(missing)


def missing_in_offer(*, event: Event, types: list[TicketType]) -> tuple[FieldProblem, ...]:
    """Return what the tickets of a published event may never lack."""
    missing = []
    if not types:
        missing.append(FieldProblem("/ticket_types", "required", _("Add at least one ticket type.")))
    elif all(one.sale_opens_at is not None and one.sale_opens_at >= event.starts_at for one in types):
        late = _("At least one ticket type must go on sale before the event starts.")
        missing.append(FieldProblem("/ticket_types", "not_on_sale", late))
    if event.organizer.approved_at is None and any(one.price > 0 for one in types):
        unknown = _("An administrator must approve the organizer before it sells tickets.")
        missing.append(FieldProblem("/organizer", "not_approved", unknown))
    return tuple(missing)
