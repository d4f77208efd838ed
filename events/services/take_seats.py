"""Take free seats: the only way from free to held.

One conditional statement for the event and one per ticket type, in id order: all or nothing, and never more than there
are (docs/decisions/0006-guarded-seat-statement.md). The event's own statement also asks whether it still sells, so a
hold and a cancellation of the event can't miss each other.

Everybody wants these rows: call it as the last step of a use case (`common.transactions.run_last`).
"""

import uuid
from collections.abc import Mapping

from common.problems import Problem
from common.statements import run_together
from common.transactions import requires_transaction
from events.models import Event, TicketType
from events.models.lifecycle import LISTED
from events.services.check_sale import EventCancelled, NotOnSale
from events.services.ring_availability import ring_availability

LOCK_TIMEOUT = "3s"
PATIENCE_SQL = "SELECT set_config('lock_timeout', %s, true)"
# Says whether the event had room to the statements that follow: without, they must not lock their rows either. Whoever
# locks a type has its event's row already; one that had only types would deadlock with the next that moves seats twice.
OF_EVENT_SQL = f"""
    WITH of_event AS (
        UPDATE events_event SET held = held + %s
        WHERE id = %s AND status IN ({", ".join(f"'{status}'" for status in LISTED)})
          AND (capacity IS NULL OR capacity >= held + sold + %s)
        RETURNING id
    )
    SELECT set_config('events.taken', (SELECT count(*) FROM of_event)::text, true)
"""  # noqa: S608  (names of our own states)
OF_TYPE_SQL = """
    UPDATE events_tickettype SET held = held + %s
    WHERE id = %s AND event_id = %s AND capacity >= held + sold + %s AND current_setting('events.taken') = '1'
"""


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
    in_order = sorted(quantities)
    seats = sum(quantities.values())
    # Sent together: the locks are held for one round trip less per statement.
    _, event_taken, *types_taken = run_together(
        (PATIENCE_SQL, [LOCK_TIMEOUT]),
        (OF_EVENT_SQL, [seats, event_id, seats]),
        *((OF_TYPE_SQL, [quantities[type_id], type_id, event_id, quantities[type_id]]) for type_id in in_order),
    )
    of_event = event_taken.fetchone()[0] == "1"
    taken = {type_id: quantities[type_id] for type_id, one in zip(in_order, types_taken, strict=True) if one.rowcount}
    if not of_event or len(taken) < len(in_order):
        raise _refusal(event_id, quantities, taken=taken, taken_of_event=seats if of_event else 0)


def _refusal(
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    *,
    taken: Mapping[uuid.UUID, int],
    taken_of_event: int,
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
