"""Take sold seats back: a confirmed booking was cancelled."""

import uuid
from collections.abc import Mapping

from common.transactions import requires_transaction
from events.services.move_seats import move_seats


@requires_transaction
def return_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> None:
    """Move seats from sold to free.

    Raises:
        SeatCountersDrifted: they are not there.
    """
    move_seats(event_id=event_id, quantities=quantities, held=0, sold=-1)
