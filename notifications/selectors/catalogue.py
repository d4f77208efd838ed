"""Reads of the catalogue of events that people attend."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from events.models import Event
from events.models.lifecycle import Status as EventStatus


def find_end_of_event(*, event_id: UUID) -> datetime | None:
    """Return when an event of the catalogue ends."""
    return Event.objects.filter(id=event_id).values_list("ends_at", flat=True).first()


def list_events_to_remind_of(*, begins_after: datetime, begins_until: datetime) -> QuerySet[Event]:
    """Return the published events that begin in that time."""
    coming = Event.objects.filter(status=EventStatus.PUBLISHED, starts_at__gt=begins_after, starts_at__lte=begins_until)
    return coming.order_by("starts_at")
