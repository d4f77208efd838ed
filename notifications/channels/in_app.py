"""The inbox on the site."""

from common.transactions import use_case
from notifications.channels.ports import Outgoing, Receipt
from notifications.services.put_into_inbox import put_into_inbox


class InAppChannel:
    """Needs no address and no provider."""

    def deliver(self, outgoing: Outgoing) -> Receipt:
        with use_case():
            item_id = put_into_inbox(
                job_id=outgoing.job_id, recipient_id=outgoing.recipient_id, message=outgoing.message
            )
        return Receipt(provider_message_id=str(item_id), is_delivered=True)

    def close(self) -> None:
        """Nothing is kept open."""
