"""Put a message into a person's inbox on the site, once per job."""

from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import InboxItem
from notifications.rendering.message import Message


@requires_transaction
def put_into_inbox(*, job_id: UUID, recipient_id: UUID, message: Message) -> UUID:
    """Return the item's id."""
    item, _ = InboxItem.objects.get_or_create(
        job_id=job_id,
        defaults={
            "recipient_id": recipient_id,
            "title": message.subject,
            "text": message.text,
            "link": message.link,
        },
    )
    return item.id
