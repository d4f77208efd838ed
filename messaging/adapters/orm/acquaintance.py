"""Who is close to whom, by events and their organizers."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import OrganizerMember, User
from events.models import Event, EventAccess
from messaging.domain.conversations import direct_key
from messaging.models import Conversation

SUGGESTED = 100


def are_close(*, one: uuid.UUID, other: uuid.UUID) -> bool:
    """Tell whether `one` may write to `other` unasked.

    An organizer's people can be written to by everybody, and write to those who have booked with them.
    """
    if OrganizerMember.objects.filter(user_id=other, organizer__approved_at__isnull=False).exists():
        return True
    own_events = EventAccess.objects.filter(user_id=one).values("event_id")
    held_by_one = _held_by(one)
    held_by_other = _held_by(other)
    booked = EventAccess.objects.filter(user_id=other).filter(Q(event_id__in=own_events) | Q(event_id__in=held_by_one))
    return booked.exists() or EventAccess.objects.filter(user_id=one, event_id__in=held_by_other).exists()


def list_strangers(*, to: uuid.UUID, among: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those whom `to` may not put into a group: nothing joins the two, not even an accepted conversation.

    Who has blocked the other is a stranger whatever else joins them.
    """
    people = {direct_key(to, one): one for one in among}
    direct = Conversation.objects.filter(direct_key__in=people)
    accepted = direct.filter(requested_by_id__isnull=True).values_list("direct_key", flat=True)
    blocked = direct.filter(memberships__has_blocked=True).values_list("direct_key", flat=True)
    own_events = EventAccess.objects.filter(user_id=to).values("event_id")
    guests = EventAccess.objects.filter(Q(event_id__in=own_events) | Q(event_id__in=_held_by(to)))
    close = set(guests.filter(user_id__in=among).values_list("user_id", flat=True))
    hosts = OrganizerMember.objects.filter(user_id__in=among, organizer__approved_at__isnull=False)
    close |= set(hosts.values_list("user_id", flat=True)) | {people[one] for one in accepted}
    return set(among) - close | {people[one] for one in blocked}


def list_people(*, user_id: uuid.UUID, handle: str) -> QuerySet[User]:
    """Return whom the user may write to unasked: by exact handle, or else all who share an event or are its organizers."""
    people = User.objects.active().exclude(id=user_id)
    if handle:
        return of_handle(handle).exclude(id=user_id).order_by("display_name", "id")
    own_events = EventAccess.objects.filter(user_id=user_id).values("event_id")
    booked = Q(event_id__in=own_events) | Q(event_id__in=_held_by(user_id))
    guests = EventAccess.objects.filter(booked).values("user_id")
    holders = Event.objects.filter(id__in=own_events).values("organizer_id")
    hosts = OrganizerMember.objects.filter(organizer_id__in=holders).values("user_id")
    return people.filter(Q(id__in=guests) | Q(id__in=hosts)).order_by("display_name", "id")


def list_nobody() -> QuerySet[User]:
    """Return nobody: what the API's documentation looks at."""
    return User.objects.none()


def of_handle(handle: str) -> QuerySet[User]:
    """Return whose exact handle this is, with or without @, if anybody's."""
    # PostgreSQL knows no NUL, and neither does any handle.
    if "\0" in handle:
        return User.objects.none()
    return User.objects.active().filter(handle__iexact=handle.removeprefix("@")).exclude(handle="")


def event_hosts(*, event_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the people who hold an event, and may still sign in."""
    holders = Event.objects.filter(id=event_id).values("organizer_id")
    members = OrganizerMember.objects.filter(organizer_id__in=holders, user__is_active=True)
    members = members.exclude(role=OrganizerMember.Role.DOOR)
    return list(members.order_by("created_at", "id").values_list("user_id", flat=True))


def _held_by(user_id: uuid.UUID) -> QuerySet[Event, dict[str, Any]]:
    organizers = OrganizerMember.objects.filter(user_id=user_id).values("organizer_id")
    return Event.objects.filter(organizer_id__in=organizers).values("id")


def has_booked(*, user_id: uuid.UUID, event_id: uuid.UUID) -> bool:
    return EventAccess.objects.filter(user_id=user_id, event_id=event_id).exists()
