"""Count a view of an event's page: no cookie, no personal data, a visitor is recognised for one day only."""

import hashlib
import secrets
from datetime import date, datetime
from uuid import UUID

from django.db.models import F

from analytics.calendar_days import day_of
from analytics.models import DailySalt, EventDay, Visitor
from analytics.selectors import get_viewed_event
from common.transactions import requires_transaction


@requires_transaction
def record_view(*, event_id: UUID, address: str, browser: str, now: datetime) -> None:
    """Count a view, and a visitor when it is the first view of the day.

    Raises:
        NotFound: no event that guests may see.
    """
    event = get_viewed_event(event_id=event_id)
    day = day_of(now, event.time_zone)
    digest = _digest(day, event_id, address, browser)
    _, is_first = Visitor.objects.get_or_create(event=event, day=day, digest=digest)
    EventDay.objects.bulk_create([EventDay(event=event, day=day)], ignore_conflicts=True)
    EventDay.objects.filter(event=event, day=day).update(views=F("views") + 1, visitors=F("visitors") + int(is_first))


def _digest(day: date, event_id: UUID, address: str, browser: str) -> bytes:
    salt, _ = DailySalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_bytes(32)})
    seen = f"{event_id}\n{address}\n{browser}".encode()
    return hashlib.blake2b(seen, key=bytes(salt.salt), digest_size=16).digest()
