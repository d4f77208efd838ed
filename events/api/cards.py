"""An event's card, put together by hand.

A page of the catalogue has a hundred of them. REST framework's fields take ten times as long for each, and say the same
(`tests/events/api/test_cards.py` holds the two together; the API's document is made from the fields).
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from common.money import Money
from events.availability import level
from events.covers import cover_url_of
from events.snippets import marked_snippet


def card_of(event: Any) -> dict[str, Any]:
    """Return what a list shows: of a `selectors.cards.Card`, or of an event with `seats_left` and `seats_total`."""
    category, organizer = event.category, event.organizer
    return {
        "id": str(event.id),
        "slug": event.slug,
        "url": url_of(event),
        "title": event.title,
        "summary": event.summary,
        "snippet": marked_snippet(getattr(event, "snippet", None)),
        "category": {"slug": category.slug, "name": category.name},
        "organizer": {"id": str(organizer.id), "slug": organizer.slug, "name": organizer.name},
        "cover": cover_url_of(event),
        "tags": event.tags,
        "status": event.status,
        "language": event.language,
        "age_rating": event.age_rating,
        "city": event.city,
        "venue": event.venue,
        "online": event.online,
        "starts_at": _moment(event.starts_at),
        "ends_at": _moment(event.ends_at),
        "time_zone": event.time_zone,
        "price_from": None if event.price_to is None else Money(event.price_from, event.currency).as_json(),
        "availability": level(left=event.seats_left, total=event.seats_total).value,
        "rating": None if event.rating is None else str(event.rating),
        "distance_km": distance_km_of(event),
    }


def url_of(event: Any) -> str:
    """Return the address of the event's page."""
    return f"{settings.PUBLIC_URL}/events/{event.slug}-{event.id}/"


def distance_km_of(event: Any) -> float | None:
    """Return how far it is, where the query asked."""
    metres = getattr(event, "distance_m", None)
    return None if metres is None else round(metres / 1000, 1)


def _moment(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
