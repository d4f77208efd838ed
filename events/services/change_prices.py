"""Raise or lower all prices of an event by a percentage."""

import uuid
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from audit.services.record_entry import record_entry
from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event, TicketType
from events.selectors.events import get_managed_event
from events.services.check_sale import MOST_MONEY
from events.services.update_event import write_fields

CENT = Decimal("0.01")


@requires_transaction
def change_prices(*, actor: Actor, event_id: uuid.UUID, percent: int, expected_version: int | None = None) -> Event:
    """Change every price, rounded to the kopeck; bookings keep the price they were made at.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
        InvalidInput: a price would be more than can be written down.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    # The event's row first, then its types: the order in which everybody locks them.
    write_fields(
        event=event, fields={}, expected_version=event.version if expected_version is None else expected_version
    )
    types = list(TicketType.objects.filter(event=event).order_by("id"))
    before = {one.id: one.price for one in types}
    for one in types:
        one.price = changed_price(one.price, percent)
    if any(one.price > MOST_MONEY for one in types):
        too_much = _("A price would be more than %(most)s.") % {"most": MOST_MONEY}
        raise InvalidInput(errors=(FieldProblem("/percent", "too_big", too_much),))
    TicketType.objects.bulk_update(types, ["price"])
    changes = {one.name: [str(before[one.id]), str(one.price)] for one in types if before[one.id] != one.price}
    record_entry(
        actor_id=actor.user_id,
        action="events.change_prices",
        target_type="events.event",
        target_id=str(event.id),
        changes=changes,
    )
    return event


def changed_price(price: Decimal, percent: int) -> Decimal:
    """Return the price, raised by so many percent, to the kopeck."""
    return (price * (100 + percent) / 100).quantize(CENT, rounding=ROUND_HALF_UP)
