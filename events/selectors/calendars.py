"""What stands in the calendars that people subscribe to."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Organizer
from common.problems import NotFound
from events.models import CalendarLink, Event, EventAccess, Favorite
from events.models.lifecycle import Status

REMEMBERED = timedelta(days=60)
MOST_ENTRIES = 500
# Cancelled ones too: a calendar program learns of it by their status.
SHOWN = (Status.PUBLISHED, Status.RUNNING, Status.FINISHED, Status.ARCHIVED, Status.CANCELLED)


def get_organizer_name(*, organizer_id: uuid.UUID) -> str:
    """Return the organizer's name.

    Raises:
        NotFound: there is none.
    """
    name = Organizer.objects.filter(id=organizer_id).values_list("name", flat=True).first()
    if name is None:
        raise NotFound
    return name


def list_organizer_calendar(*, organizer_id: uuid.UUID, now: datetime) -> QuerySet[Event]:
    """Return what the organizer holds and has held lately. Uses index events_event_of_organizer."""
    return _calendar(Event.objects.filter(organizer_id=organizer_id), now=now)


def list_own_calendar(*, user_id: uuid.UUID, now: datetime) -> QuerySet[Any]:
    """Return what the person has booked (`is_booked`) and keeps in mind."""
    booked = EventAccess.objects.filter(user_id=user_id)
    kept = Favorite.objects.filter(user_id=user_id)
    own = Event.objects.filter(Q(id__in=booked.values("event_id")) | Q(id__in=kept.values("event_id")))
    return _calendar(own.annotate(is_booked=Exists(booked.filter(event_id=OuterRef("pk")))), now=now)


def get_calendar_secret(*, user_id: uuid.UUID) -> uuid.UUID | None:
    """Return the number in the person's link, if they ever asked for one."""
    return CalendarLink.objects.filter(user_id=user_id, user__is_active=True).values_list("secret", flat=True).first()


def _calendar(events: QuerySet[Event], *, now: datetime) -> QuerySet[Event]:
    shown = events.filter(status__in=SHOWN, ends_at__gt=now - REMEMBERED)
    return shown.defer("description").order_by("starts_at", "id")[:MOST_ENTRIES]
