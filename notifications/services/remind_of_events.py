"""Remind people of what they have booked: a day before it begins, and two hours before.

A reminder is an event of its own, whose id follows from the event, its start and the hours: it happens once however often
the clock asks, and again after a new date. Who has booked is looked up when it goes out.
"""

from datetime import datetime, timedelta
from uuid import uuid5

from common.transactions import requires_transaction
from events.models import Event
from notifications.envelope import hash_of
from notifications.event_types.registry import Audience, Plan
from notifications.segment_language import Conditions
from notifications.selectors.catalogue import list_events_to_remind_of
from notifications.selectors.intake import list_events
from notifications.services.announce_fact import ALSO, OWN_SOURCE
from notifications.services.store_events import Incoming, store_events

# Hours before the start, and through which channels besides those where a person can be reached at once.
REMINDERS = {24: ("email", "in_app"), 2: ("in_app",)}
# An event whose reminder is this late (it was published just now, or the clock stood still) is left alone.
LATEST = timedelta(hours=1)


@requires_transaction
def remind_of_events(*, now: datetime) -> int:
    """Return how many reminders were planned."""
    due = [
        _reminder(event, hours)
        for hours in REMINDERS
        for event in list_events_to_remind_of(
            begins_after=now + timedelta(hours=hours) - LATEST, begins_until=now + timedelta(hours=hours)
        )
    ]
    if not due:
        return 0
    known = set(list_events(keys=[(OWN_SOURCE, one.event_id) for one in due]).values_list("event_id", flat=True))
    fresh = [one for one in due if one.event_id not in known]
    store_events(events=fresh, now=now)
    return len(fresh)


def _reminder(event: Event, hours: int) -> Incoming:
    context = {
        "event_id": str(event.id),
        "event_title": event.title,
        "starts_at": event.starts_at.isoformat(),
        "time_zone": event.time_zone,
        "city": event.city,
        "venue": event.venue,
    }
    return Incoming(
        source=OWN_SOURCE,
        event_id=uuid5(event.id, f"{hours} hours before {event.starts_at.isoformat()}"),
        event_type="event_reminder",
        occurred_at=event.starts_at - timedelta(hours=hours),
        payload=context,
        body_hash=hash_of(context),
        plan=Plan(
            template_code=f"event_reminder_{hours}h",
            channels=REMINDERS[hours],
            if_reachable=ALSO,
            context=context,
            to=Audience(conditions=Conditions(booked_event=event.id)),
        ),
    )
