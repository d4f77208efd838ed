"""Free seats: to those who wait for them first, in the same transaction, and only then to everybody.

The counters' rows stay locked until COMMIT, so nobody else sees the seats free in between. Everybody wants these rows:
call it as the last step of a use case (`common.transactions.run_last`).
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from bookings.services.offer_seats import offer_seats
from common.transactions import requires_transaction
from events.services.release_seats import release_seats
from events.services.return_seats import return_seats


@requires_transaction
def free_held_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], now: datetime) -> None:
    """Move seats from held to those who wait, the rest to free.

    Raises:
        SeatCountersDrifted: they are not there.
    """
    release_seats(event_id=event_id, quantities=quantities)
    offer_seats(event_id=event_id, now=now)


@requires_transaction
def free_sold_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], now: datetime) -> None:
    """Move seats from sold to those who wait, the rest to free.

    Raises:
        SeatCountersDrifted: they are not there.
    """
    return_seats(event_id=event_id, quantities=quantities)
    offer_seats(event_id=event_id, now=now)
