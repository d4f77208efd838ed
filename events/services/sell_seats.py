"""Turn held seats into sold ones: the booking is confirmed."""

import uuid
from collections.abc import Mapping

from common.transactions import requires_transaction
from events.services.move_seats import move_seats


@requires_transaction
def sell_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> None:
    """Move seats from held to sold.

    Raises:
        SeatCountersDrifted: they are not there.
    """
    move_seats(event_id=event_id, quantities=quantities, held=-1, sold=1)
