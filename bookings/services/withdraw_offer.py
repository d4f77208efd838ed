"""Take back a ticket that was offered and not claimed yet."""

import uuid
from datetime import datetime

from bookings.models import TicketTransfer
from bookings.selectors import get_booking_of_user
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def withdraw_offer(*, user_id: uuid.UUID, booking_id: uuid.UUID, ticket_id: uuid.UUID, now: datetime) -> None:
    """End the open offer of a ticket: its link opens nothing any more.

    Raises:
        NotFound: the booking isn't the user's, or the ticket isn't offered.
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)
    offered = TicketTransfer.objects.open().filter(ticket_id=ticket_id, ticket__booking_id=booking_id)
    if not offered.update(status=TicketTransfer.Status.ENDED, ended_at=now):
        raise NotFound()
