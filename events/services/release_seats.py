"""Give held seats back: a hold has expired or was cancelled."""

import uuid
from collections.abc import Mapping

from common.transactions import requires_transaction
from events.services.move_seats import move_seats


@requires_transaction
def release_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> None:
    """Move seats from held to free.

    Raises:
        SeatCountersDrifted: they are not there.
    """
    move_seats(event_id=event_id, quantities=quantities, held=-1, sold=0)
