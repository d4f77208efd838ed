"""Keep the wishes of somebody without an account, who has come by the link in a mail."""

from datetime import datetime
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import Recipient
from notifications.selectors.addresses import list_mail_addresses
from notifications.selectors.people import get_recipient_by_id
from notifications.services.save_preferences import Wishes, keep_wishes


@requires_transaction
def save_preferences_by_link(*, recipient_id: UUID, wishes: Wishes, now: datetime) -> Recipient:
    """Store the wishes; they hold for the address too, since who has the link reads its mails.

    Raises:
        NotFound: the person is no longer known.
    """
    recipient = get_recipient_by_id(recipient_id=recipient_id)
    keep_wishes(recipient=recipient, wishes=wishes, addresses=list_mail_addresses(recipient=recipient), now=now)
    return recipient
