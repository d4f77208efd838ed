"""Know one person by the id that is told."""

from datetime import datetime
from uuid import UUID

from common.transactions import requires_transaction
from notifications.event_types.registry import OneUser
from notifications.models import Recipient
from notifications.selectors.people import get_recipient
from notifications.services.know_recipients import know_recipients


@requires_transaction
def know_recipient(*, user_id: UUID, now: datetime, locale: str | None = None) -> Recipient:
    """Return the recipient; one who is new is made."""
    know_recipients(people=[OneUser(user_id=user_id, locale=locale)], now=now)
    return get_recipient(user_id=user_id)
