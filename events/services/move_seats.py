"""Move seats that are taken: held → free, held → sold, sold → free.

Each statement demands that the seats are there to be moved. When they are not, the counters have drifted from the
bookings: that is a defect, stops the transaction, and is what `bookings.services.check_seats` looks for.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from common.transactions import requires_transaction
from events.models import Event, TicketType
from events.services.ring_availability import ring_availability


class SeatCountersDrifted(RuntimeError):
    """Fewer seats are held or sold than a booking gives back."""


@requires_transaction
def move_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], held: int, sold: int) -> None:
    """Change both counters of the event and its types; `held` and `sold` are -1, 0 or 1 per seat.

    Raises:
        SeatCountersDrifted: a counter would fall below zero.
    """
    ring_availability(event_id=event_id)
    _move(Event.objects.filter(id=event_id), sum(quantities.values()), held, sold)
    for type_id in sorted(quantities):
        _move(TicketType.objects.filter(id=type_id, event_id=event_id), quantities[type_id], held, sold)


def _move(rows: QuerySet[Any], seats: int, held: int, sold: int) -> None:
    enough = rows.filter(held__gte=-held * seats, sold__gte=-sold * seats)
    if not enough.update(held=F("held") + held * seats, sold=F("sold") + sold * seats):
        raise SeatCountersDrifted(f"{rows.model.__name__}: {seats} seats, held {held:+d}, sold {sold:+d}")
