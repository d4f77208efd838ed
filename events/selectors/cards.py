"""What a list shows of an event, read by key."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet

from common.statements import composed_once
from events.models import Event
from events.models.category import name_for_reader

OWN = (
    *("id", "slug", "title", "summary", "cover", "tags", "status", "language", "age_rating", "city", "venue", "online"),
    *("starts_at", "ends_at", "time_zone", "price_from", "price_to", "currency", "rating", "seats_left", "seats_total"),
)
OF_CATEGORY = ("category__slug", "category__name_ru", "category__name_en", "category__parent__slug")
OF_ORGANIZER = ("organizer__id", "organizer__slug", "organizer__name")
# What a search tells of what it has found.
TOLD = ("snippet", "distance_m")


class CategoryOfCard(NamedTuple):
    slug: str
    name_ru: str
    name_en: str
    above: str | None

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return name_for_reader(self)

    @property
    def parent(self) -> "CategoryOfCard | None":
        return None if self.above is None else CategoryOfCard(self.above, "", "", None)


class OrganizerOfCard(NamedTuple):
    id: uuid.UUID
    slug: str
    name: str


class Card(NamedTuple):
    """Named as the event's own columns are: a card is made of either."""

    id: uuid.UUID
    slug: str
    title: str
    summary: str
    cover: str
    tags: list[str]
    status: str
    language: str
    age_rating: str
    city: str
    venue: str
    online: bool
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    price_from: Decimal
    price_to: Decimal | None
    currency: str
    rating: Decimal | None
    seats_left: int
    seats_total: int
    category: CategoryOfCard
    organizer: OrganizerOfCard
    snippet: str | None
    distance_m: int | None


def read_cards(*, found: Sequence[Any], now: datetime) -> list[Card]:
    """Return the found events with what a card shows, in their order; what the search has told of them goes along."""
    if not found:
        return []
    rows = {row[0]: row for row in _rows_of.prepared(event_ids=[one.id for one in found], now=now)}
    return [_card(rows[one.id], [getattr(one, name, None) for name in TOLD]) for one in found if one.id in rows]


def _card(row: tuple[Any, ...], told: list[Any]) -> Card:
    own, of_category, of_organizer = len(OWN), len(OF_CATEGORY), len(OF_ORGANIZER)
    category = CategoryOfCard._make(row[own : own + of_category])
    organizer = OrganizerOfCard._make(row[own + of_category : own + of_category + of_organizer])
    return Card._make((*row[:own], category, organizer, *told))


@composed_once
def _rows_of(event_ids: list[uuid.UUID], now: datetime) -> QuerySet[Event, tuple[Any, ...]]:
    events = Event.objects.filter(id__in=event_ids).with_seats(now)
    return events.values_list(*OWN, *OF_CATEGORY, *OF_ORGANIZER)
