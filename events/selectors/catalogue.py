"""The catalogue: what a list shows, and how many there are of each kind."""

import uuid
from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from events.actors import Actor
from events.models import Category, Event, Favorite, TicketType
from events.models.event_queryset import EventQuerySet
from events.selectors.events import list_readable_events


def list_catalogue(*, now: datetime) -> EventQuerySet:
    """Return published and running events with what a card shows. Uses indexes events_event_catalogue, _calendar."""
    return _cards(Event.objects.listed(), now=now)


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


def count_by_category(*, events: QuerySet[Event]) -> dict[str, int]:
    """Return how many of the events stand in each category, descendants included, by slug."""
    of = {category.id: category for category in list_categories()}
    counts: dict[str, int] = defaultdict(int)
    for category_id, count in _grouped(events, "category_id"):
        step = of.get(category_id)
        while step is not None:
            counts[step.slug] += count
            step = of.get(step.parent_id) if step.parent_id else None
    return dict(counts)


def count_by_city(*, events: QuerySet[Event], limit: int) -> list[tuple[str, int]]:
    """Return the cities with most of the events."""
    found = [(city, count) for city, count in _grouped(events, "city") if city]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]


def count_by_day(*, events: QuerySet[Event], first: date, days: int) -> list[tuple[date, int]]:
    """Return how many of the events start on each day, empty days included."""
    last = first + timedelta(days=days - 1)
    counts = dict(_grouped(events.filter(starts_on__range=(first, last)), "starts_on"))
    return [(day, counts.get(day, 0)) for day in (first + timedelta(days=number) for number in range(days))]


def count_by_trait(*, events: QuerySet[Event], periods: dict[str, tuple[date, date]]) -> dict[str, int]:
    """Return how many of the events are free, online, and in each named period."""
    free = Exists(TicketType.objects.filter(event=OuterRef("pk"), price=0))
    traits = {f"in_{name}": Count("pk", filter=Q(starts_on__range=period)) for name, period in periods.items()}
    return _bare(events).aggregate(
        free=Count("pk", filter=free), online=Count("pk", filter=~Q(online_url="")), **traits
    )


def _cards(events: EventQuerySet, *, now: datetime) -> EventQuerySet:
    return events.select_related("organizer", "category__parent").with_prices().with_seats(now).defer("description")


def _grouped(events: QuerySet[Event], field: str) -> list[tuple]:
    return list(_bare(events).values(field).annotate(count=Count("pk")).values_list(field, "count"))


def _bare(events: QuerySet[Event]) -> QuerySet[Event]:
    """Count ids only: what a card shows isn't computed for a number."""
    return Event.objects.filter(id__in=events.order_by().values("id")).order_by()
