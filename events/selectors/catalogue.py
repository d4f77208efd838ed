"""The catalogue: what a list shows."""

import uuid
from collections import defaultdict
from datetime import datetime

from django.db.models import Avg, QuerySet

from events.actors import Actor
from events.models import Category, Event, Favorite
from events.models.event_queryset import EventQuerySet
from events.selectors.events import list_readable_events

ORDERED_BY = ("id", "starts_at", "published_at", "price_from", "rating_score", "popularity")


def list_catalogue(*, now: datetime) -> EventQuerySet:
    """Return published and running events with what a card shows. Uses indexes events_event_catalogue, _calendar."""
    return _cards(Event.objects.listed(), now=now)


def list_found(*, now: datetime, with_seats: bool) -> EventQuerySet:
    """Return the same events with no more than what they are ordered by, for `cards.read_cards`; free seats where wished for."""
    found = Event.objects.listed().only(*ORDERED_BY)
    return found.with_seats(now) if with_seats else found


def list_public_addresses() -> QuerySet[Event]:
    """Return what guests may open, with no more than an address needs, in a stable order."""
    return Event.objects.readable_by_guests().only("id", "slug").order_by("id")


def list_own_events(*, actor: Actor, now: datetime) -> EventQuerySet:
    """Return events of the actor's organizers in every status. Uses index events_event_of_organizer."""
    mine = Event.objects.none() if actor.user_id is None else Event.objects.of_member(actor.user_id)
    return _cards(mine, now=now)


def list_favorites(*, actor: Actor, now: datetime) -> EventQuerySet:
    """Return the actor's favourites that may still be opened."""
    readable = list_readable_events(actor=actor).order_by().values("id")
    return _cards(Event.objects.favored_by(actor.user_id).filter(id__in=readable), now=now)


def list_favorite_ids(*, actor: Actor, event_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of the events the actor keeps in mind."""
    if actor.user_id is None:
        return set()
    found = Favorite.objects.filter(user_id=actor.user_id, event_id__in=event_ids)
    return set(found.values_list("event_id", flat=True))


def list_categories() -> QuerySet[Category]:
    """Return the whole tree, parents before children of the same position."""
    return Category.objects.select_related("parent").order_by("position", "slug", "id")


def list_category_ids_below(*, category_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the id and those of the category's descendants; the tree is small, so it is read whole."""
    children: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for child, parent in Category.objects.values_list("id", "parent_id"):
        children[parent].append(child)
    found = [category_id]
    for one in found:
        found += children[one]
    return found


def find_middle_of_city(*, city: str) -> tuple[float, float] | None:
    """Return the middle of the city's events on the map, if any is there. Uses index events_event_in_city."""
    middle = (
        Event.objects.listed().in_city(city).aggregate(latitude=Avg("map_latitude"), longitude=Avg("map_longitude"))
    )
    return None if middle["latitude"] is None else (middle["latitude"], middle["longitude"])


def _cards(events: EventQuerySet, *, now: datetime) -> EventQuerySet:
    return events.select_related("organizer", "category__parent").with_seats(now).defer("description")
