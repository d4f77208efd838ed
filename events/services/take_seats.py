"""Take free seats: the only way from free to held.

One conditional statement for the event and one per ticket type, in id order: all or nothing, and never more than there
are (docs/decisions/0006-guarded-seat-statement.md). The event's own statement also asks whether it still sells, so a
hold and a cancellation of the event can't miss each other.

Everybody wants these rows: call it as the last step of a use case (`common.transactions.run_last`).
"""

import uuid
from collections.abc import Mapping

from django.db import connection
from django.db.models import F, Q

from common.problems import Problem
from common.transactions import requires_transaction
from events.models import Event, TicketType
from events.models.lifecycle import LISTED
from events.services.check_sale import EventCancelled, NotOnSale
from events.services.ring_availability import ring_availability

LOCK_TIMEOUT = "3s"


class SeatsSoldOut(Problem):
    """Fewer seats are left than wanted; `left` says how many of each wanted type."""

    code = "sold_out"
    title = "There are not enough seats left."


@requires_transaction
def take_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> None:
    """Move seats from free to held.

    Raises:
        SeatsSoldOut, EventCancelled, NotOnSale: nothing may be taken; the open transaction must not be committed.
    """
    ring_availability(event_id=event_id)
    with connection.cursor() as sql:
        sql.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
    seats = sum(quantities.values())
    of_event = Event.objects.filter(id=event_id, status__in=LISTED)
    with_room = of_event.filter(Q(capacity__isnull=True) | Q(capacity__gte=F("held") + F("sold") + seats))
    if not with_room.update(held=F("held") + seats):
        raise _refusal(event_id, quantities, taken={})
    taken: dict[uuid.UUID, int] = {}
    for type_id in sorted(quantities):
        wanted = quantities[type_id]
        of_type = TicketType.objects.filter(id=type_id, event_id=event_id)
        if not of_type.filter(capacity__gte=F("held") + F("sold") + wanted).update(held=F("held") + wanted):
            raise _refusal(event_id, quantities, taken=taken, taken_of_event=seats)
        taken[type_id] = wanted


def _refusal(
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    *,
    taken: Mapping[uuid.UUID, int],
    taken_of_event: int = 0,
) -> Problem:
    """Say why; what this transaction has taken comes back with its rollback, so it counts as left."""
    event = Event.objects.get(id=event_id)
    if event.status == Event.Status.CANCELLED:
        return EventCancelled()
    if event.status not in LISTED:
        return NotOnSale(opens_at=None, closes_at=event.starts_at)
    left = {
        str(one.id): one.available + taken.get(one.id, 0)
        for one in TicketType.objects.filter(event_id=event_id, id__in=quantities)
    }
    if event.capacity is not None:
        room = event.capacity - event.held - event.sold + taken_of_event
        left = {type_id: min(seats, room) for type_id, seats in left.items()}
    return SeatsSoldOut(left=left)
