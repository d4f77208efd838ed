"""Take back a ticket that is on its way to somebody, for an administrator: sent to the wrong address, say."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bookings.models import TicketTransfer
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def force_withdraw_offer(*, administrator_id: uuid.UUID, transfer_id: uuid.UUID, reason: str, now: datetime) -> None:
    """End the offer: its link opens nothing any more, and the ticket stays the giver's.

    Raises:
        NotFound: there is no such offer, or it has ended already.
    """
    offered = TicketTransfer.objects.open().filter(id=transfer_id)
    if not offered.update(status=TicketTransfer.Status.ENDED, ended_at=now):
        raise NotFound()
    record_entry(
        actor_id=administrator_id,
        action="bookings.force_withdraw_offer",
        target_type="bookings.ticket_transfer",
        target_id=str(transfer_id),
        changes={"status": [TicketTransfer.Status.OFFERED, TicketTransfer.Status.ENDED]},
        reason=reason,
    )
