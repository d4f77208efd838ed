"""Note what segments ask about a person: when they last booked, which level they have."""

from datetime import datetime

from django.db.models.functions import Coalesce, Greatest

from common.transactions import requires_transaction
from notifications.event_types.registry import OneCustomer, OneUser
from notifications.models import Recipient
from notifications.services.know_recipients import key_of, know_recipients


@requires_transaction
def note_about_recipient(
    *,
    person: OneUser | OneCustomer,
    now: datetime,
    last_booked_at: datetime | None = None,
    loyalty_level: str | None = None,
) -> None:
    """Write down what is given; of two bookings the later one counts, in whatever order they are told."""
    known = know_recipients(people=[person], now=now)
    recipients = Recipient.objects.filter(id=known[key_of(person)].recipient_id)
    if last_booked_at is not None:
        recipients.update(last_booked_at=Greatest(Coalesce("last_booked_at", last_booked_at), last_booked_at))
    if loyalty_level is not None:
        recipients.update(loyalty_level=loyalty_level)
