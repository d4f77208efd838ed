"""What is left of an event, for those who watch it live."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Func

from events.availability import level_of_event, level_of_type, sale_of
from events.models import Event, TicketType
from events.models.lifecycle import Status


@dataclass(frozen=True)
class LiveAvailability:
    """`version` grows with every change: of two, the larger is the later."""

    version: int
    data: dict[str, Any]


class StatementMicroseconds(Func):
    """When the statement began, by the clock of the database that counts the seats."""

    template = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
    output_field = BigIntegerField()


def get_live_availability(*, event_id: uuid.UUID, now: datetime) -> LiveAvailability | None:
    """Return the coarse availability of an event, of all its open ticket types; None while it is a draft.

    Of one that was taken down everything is closed: who has its page open is told so.

    The version is taken before the seats are read, so an older version never tells of newer seats.
    """
    out = Event.objects.exclude(status=Status.DRAFT)
    event = out.filter(id=event_id).annotate(version_now=StatementMicroseconds()).first()
    if event is None:
        return None
    types = list(TicketType.objects.filter(event=event, access_code="").order_by("position", "created_at", "id"))
    data = {
        "availability": level_of_event(event, types, now=now).value,
        "ticket_types": [
            {
                "id": str(one.id),
                "availability": level_of_type(one, event).value,
                "sale": sale_of(one, event, now=now).value,
            }
            for one in types
        ],
    }
    return LiveAvailability(event.version_now, data)
