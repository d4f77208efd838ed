"""One event, as far as the reader may know it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from accounts.selectors import MANAGING_ROLES, list_managed_organizer_ids, list_organizers_of
from common.problems import NotAllowed, NotFound
from common.statements import composed_once
from events.actors import Actor
from events.models import Event, EventAccess, TicketType
from events.models.lifecycle import HIDDEN, Status
from events.selectors.hidden_types import list_types_opened_by_promo

GUEST = Actor()


def get_readable_event(*, actor: Actor, event_id: uuid.UUID) -> Event:
    """Return an event with its organizer, category and ticket types.

    Drafts and events taken down exist only for the organizer's members and administrators; the latter for those who
    have booked too.

    Raises:
        NotFound: there is none, or it isn't theirs to read.
    """
    if actor == GUEST:
        return _get_open_event(event_id)
    event = list_readable_events(actor=actor).filter(id=event_id).first()
    if event is None:
        raise NotFound
    return event


def _get_open_event(event_id: uuid.UUID) -> Event:
    """Return what guests may read: the read that most requests make, so its statements are composed and planned once."""
    event = _open_event.first_prepared(event_id=event_id)
    if event is None:
        raise NotFound
    types = TicketType.objects.filter(event=event)
    types._result_cache = _types_of_event.prepared(event_id=event_id)
    event._prefetched_objects_cache = {"ticket_types": types}  # type: ignore[attr-defined]
    return event


@composed_once
def _open_event(event_id: uuid.UUID) -> QuerySet[Event]:
    return Event.objects.readable_by_guests().select_related("organizer", "category__parent").filter(id=event_id)


@composed_once
def _types_of_event(event_id: uuid.UUID) -> QuerySet[TicketType]:
    return TicketType.objects.filter(event_id=event_id).order_by("position", "created_at", "id")


def list_readable_events(*, actor: Actor) -> QuerySet[Event]:
    """Return all events that the actor may open."""
    types = Prefetch("ticket_types", queryset=TicketType.objects.order_by("position", "created_at", "id"))
    events = Event.objects.select_related("organizer", "category__parent").prefetch_related(types)
    if actor.oversees:
        return events
    readable = ~Q(status__in=HIDDEN)
    if actor.user_id is not None:
        readable |= Q(organizer_id__in=list_organizers_of(user_id=actor.user_id).order_by().values("id"))
        booked = EventAccess.objects.filter(user_id=actor.user_id).values("event_id")
        readable |= Q(status=Status.SUSPENDED, id__in=booked)
    return events.filter(readable)


def get_managed_event(*, actor: Actor, event_id: uuid.UUID) -> Event:
    """Return an event that the actor may change: an owner's or manager's own, or any for an administrator.

    Raises:
        NotFound: there is none, or it isn't theirs.
        NotAllowed: they belong to the organizer, but not as an owner or manager.
    """
    event = get_readable_event(actor=actor, event_id=event_id)
    standing = standing_of(actor=actor, event=event)
    if not standing.inside:
        raise NotFound
    if not standing.manages:
        raise NotAllowed
    return event


def list_managed_events(*, actor: Actor, event_ids: Collection[uuid.UUID]) -> list[Event]:
    """Return these events with their ticket types, the soonest first, in as many statements however many.

    Raises:
        NotFound: one of them is absent, or not the actor's to change.
    """
    events = list_readable_events(actor=actor).filter(id__in=event_ids).defer("description")
    if not actor.administers:
        managed = list_managed_organizer_ids(user_id=actor.user_id) if actor.user_id else []
        events = events.filter(organizer_id__in=managed)
    found = list(events.order_by("starts_at", "id"))
    if len(found) < len(set(event_ids)):
        raise NotFound
    return found


def get_any_event(*, administrator: Actor, event_id: uuid.UUID) -> Event:
    """Return an event for what administrators and moderators do.

    Raises:
        NotAllowed: the actor is neither.
        NotFound: there is none.
    """
    if not administrator.oversees:
        raise NotAllowed
    return get_readable_event(actor=administrator, event_id=event_id)


@dataclass(frozen=True)
class Standing:
    """What an actor is to an event."""

    # A member of its organizer, an administrator or a moderator.
    inside: bool = False
    # May change it.
    manages: bool = False
    # May see the address, the link and the contact.
    has_access: bool = False
    # Has a confirmed booking.
    is_booked: bool = False


def standing_of(*, actor: Actor, event: Event) -> Standing:
    """Return what the actor is to the event."""
    if actor.administers:
        return Standing(inside=True, manages=True, has_access=True)
    if actor.user_id is None:
        return Standing()
    roles = event.organizer.members.filter(user_id=actor.user_id).values_list("role", flat=True)
    role = roles.first()
    if role is None and actor.moderates:
        return Standing(inside=True, has_access=True)
    if role is not None:
        return Standing(inside=True, manages=role in MANAGING_ROLES, has_access=True)
    is_booked = EventAccess.objects.filter(user_id=actor.user_id, event_id=event.id).exists()
    # Where something may be wrong with an event, nobody is led to its place or its link.
    return Standing(has_access=is_booked and event.status != Status.SUSPENDED, is_booked=is_booked)


def get_ticket_type(*, event: Event, ticket_type_id: uuid.UUID) -> TicketType:
    """Return one of the event's ticket types.

    Raises:
        NotFound: it has no such type.
    """
    ticket_type = TicketType.objects.filter(id=ticket_type_id, event=event).first()
    if ticket_type is None:
        raise NotFound
    return ticket_type


def list_ticket_types(
    *, event: Event, standing: Standing, access_code: str = "", now: datetime | None = None
) -> QuerySet[TicketType]:
    """Return the event's ticket types; those behind a code only to insiders and to who says it.

    A promo code opens the types that it names, while it counts at `now`.
    """
    types = TicketType.objects.filter(event=event)
    if standing.inside:
        return types
    opened = list_types_opened_by_promo(event_id=event.id, code=access_code, now=now) if now else []
    return types.filter(TicketType.opened_by(access_code) | Q(id__in=opened))


def shown_ticket_types(
    *, event: Event, standing: Standing, access_code: str = "", now: datetime | None = None
) -> list[TicketType]:
    """Return the same of an event whose types have been read."""
    types = list(event.ticket_types.all())
    if standing.inside:
        return types
    seen = [one for one in types if one.is_opened_by(access_code)]
    if not access_code or now is None or len(seen) == len(types):
        return seen
    opened = list_types_opened_by_promo(event_id=event.id, code=access_code, now=now)
    return [one for one in types if one in seen or one.id in opened]
