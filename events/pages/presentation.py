"""What the pages show, ready for the templates."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from events.availability import Availability, Sale, level, level_of_event, level_of_type, sale_of
from events.covers import cover_url_of
from events.filters import RADIUS_KM
from events.models import Category, Event
from events.models.lifecycle import LISTED
from events.ports import HeldBooking
from events.selectors.events import Standing, shown_ticket_types
from events.snippets import marked_snippet

MOST_TAGS_OFFERED = 10


@dataclass(frozen=True)
class Chip:
    """A wish that is one click away; pressed again, it is dropped."""

    label: str
    href: str
    # Empty where it isn't counted.
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Day:
    """A day of the calendar strip."""

    on: date
    href: str
    count: int
    chosen: bool


def present_card(event: Any, *, kept: bool) -> dict[str, Any]:
    """Return what a card shows."""
    return {
        "event": event,
        "url": url_of(event),
        "cover": cover_url_of(event),
        "price_from": None if event.price_to is None else event.price_from,
        "level": level(left=event.seats_left, total=event.seats_total),
        "snippet": marked_snippet(getattr(event, "snippet", None)),
        "kept": kept,
    }


def url_of(event: Event) -> str:
    """Return the event's own address on the site."""
    return f"/events/{event.slug}-{event.id}/"


def link(query: QueryDict, **changes: str | None) -> str:
    """Return the same page with other wishes, from its first page on."""
    changed = query.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    return "?" + changed.urlencode() if changed else "/"


def page_link(query: QueryDict, number: int) -> str:
    """Return the same wishes on another page."""
    return link(query, page=None) if number == 1 else link(query, page=str(number))


def chip(query: QueryDict, name: str, value: str, label: str, count: int, *clears: str) -> Chip:
    """Return a chip for one value of one wish; `clears` are wishes that it takes the place of."""
    chosen = query.get(name) == value
    href = link(query, **{name: None if chosen else value}, **dict.fromkeys(clears))
    return Chip(label=label, href=href, count=count, chosen=chosen)


def category_chips(query: QueryDict, categories: Iterable[Category], counts: dict[str, int]) -> list[Chip]:
    """Return chips of the leaves, or the way up from the chosen category and what lies below it."""
    known = list(categories)
    chosen = next((one for one in known if one.slug == query.get("category")), None)
    line: list[Category] = []
    step = chosen
    while step is not None:
        line.insert(0, step)
        step = step.parent
    parents = {one.parent_id for one in known}
    below = [one for one in known if (one.parent_id == chosen.id if chosen else one.id not in parents)]
    shown = [*line, *(one for one in below if counts.get(one.slug))]
    return [chip(query, "category", one.slug, one.name, counts.get(one.slug, 0)) for one in shown]


def tag_chips(query: QueryDict, chosen: list[str], counts: dict[str, int]) -> list[Chip]:
    """Return chips of the chosen tags, and of those that would leave the most events."""
    chips = [Chip(f"#{one}", link(query, tags=_tags(chosen, but=one)), None, chosen=True) for one in chosen]
    others = sorted((name for name in counts if name not in chosen), key=lambda name: (-counts[name], name))
    return chips + [
        Chip(f"#{one}", link(query, tags=_tags([*chosen, one])), counts[one], chosen=False)
        for one in others[:MOST_TAGS_OFFERED]
    ]


def _tags(chosen: list[str], but: str = "") -> str | None:
    return ",".join(one for one in chosen if one != but) or None


def radius_chip(query: QueryDict) -> Chip | None:
    """Return a chip that drops the circle, while there is one."""
    if "near" not in query:
        return None
    label = _("Within %(km)s km") % {"km": query.get("radius_km", RADIUS_KM)}
    ordering = None if query.get("ordering") == "distance" else query.get("ordering")
    return Chip(label, link(query, near=None, radius_km=None, ordering=ordering), None, chosen=True)


def day_strip(query: QueryDict, counted: list[tuple[date, int]]) -> list[Day]:
    """Return the calendar strip; a day that is chosen can be left again."""
    days = []
    for on, count in counted:
        chosen = query.get("date_from") == query.get("date_to") == on.isoformat()
        value = None if chosen else on.isoformat()
        days.append(Day(on, link(query, date_from=value, date_to=value, preset=None), count, chosen))
    return days


def present_event(
    event: Event,
    *,
    standing: Standing,
    kept: bool,
    now: datetime,
    access_code: str = "",
    held: HeldBooking | None = None,
) -> dict[str, Any]:
    """Return what the event's page shows to this reader."""
    types = shown_ticket_types(event=event, standing=standing, access_code=access_code, now=now)
    offers = [
        {
            "type": one,
            "level": level_of_type(one, event),
            "sale": sale_of(one, event, now=now),
            "opens_at": one.sale_opens_at.astimezone(zoneinfo.ZoneInfo(event.time_zone)) if one.sale_opens_at else None,
            "suggested": 1 if len(types) == 1 else 0,
        }
        for one in types
    ]
    for offer in offers:
        offer["bookable"] = offer["sale"] == Sale.OPEN and offer["level"] != Availability.SOLD_OUT
    overall = level_of_event(event, types, now=now)
    prices = [one.price for one in types]
    # What the code opens stays open on the way through other pages.
    code = f"?{urlencode({'access_code': access_code})}" if access_code else ""
    return {
        "event": event,
        "title": event.title,
        "summary": event.summary,
        "here": url_of(event) + code,
        "canonical": settings.PUBLIC_URL + url_of(event),
        "cover": cover_url_of(event),
        # Pages of apps above this one, by their paths.
        "book_url": f"/events/{event.id}/book/",
        "quote_url": f"/events/{event.id}/quote/",
        "waitlist_url": f"/events/{event.id}/waitlist/{code}",
        "reviews_url": f"/events/{event.id}/reviews/",
        "offers": offers,
        "access_code": access_code,
        # What only a promo code opens is booked with it.
        "promo_code": "" if standing.inside or all(one.is_opened_by(access_code) for one in types) else access_code,
        "hides_types": len(types) < len(event.ticket_types.all()),
        "on_sale": any(offer["sale"] == Sale.OPEN for offer in offers),
        "bookable": any(offer["bookable"] for offer in offers),
        "sold_out": bool(offers) and all(offer["level"] == Availability.SOLD_OUT for offer in offers),
        "level": overall,
        "costs": any(prices),
        "hold_minutes": max(1, settings.BOOKING_HOLD_SECONDS // 60),
        "standing": standing,
        "held": held,
        "watched": event.status in LISTED and not standing.is_booked and held is None,
        "shows_place": event.address_is_public or standing.has_access,
        "kept": kept,
    }


SCHEMA_AVAILABILITY = {
    Availability.AVAILABLE: "https://schema.org/InStock",
    Availability.FEW: "https://schema.org/LimitedAvailability",
    Availability.SOLD_OUT: "https://schema.org/SoldOut",
}


def structured_data(event: Event, *, offers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return schema.org/Event; what search engines read is what every guest may read."""
    shows_place = event.address_is_public
    zone = zoneinfo.ZoneInfo(event.time_zone)
    url = settings.PUBLIC_URL + url_of(event)
    cancelled = event.status == Event.Status.CANCELLED
    address: dict[str, str] = {"@type": "PostalAddress", "addressLocality": event.city}
    if shows_place and event.address:
        address["streetAddress"] = event.address
    place: dict[str, Any] = {"@type": "Place", "name": event.venue or event.city, "address": address}
    # Who takes part from afar is led to this page: the link itself comes with the booking.
    room = {"@type": "VirtualLocation", "url": url}
    where = [("Offline", place)] if event.venue or not event.online_url else []
    where += [("Online", room)] if event.online_url else []
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "description": event.summary,
        "url": url,
        "image": settings.PUBLIC_URL + cover_url_of(event),
        "startDate": event.starts_at.astimezone(zone).isoformat(timespec="seconds"),
        "endDate": event.ends_at.astimezone(zone).isoformat(timespec="seconds"),
        "eventStatus": f"https://schema.org/{'EventCancelled' if cancelled else 'EventScheduled'}",
        "eventAttendanceMode": f"https://schema.org/{where[0][0] if len(where) == 1 else 'Mixed'}EventAttendanceMode",
        "location": where[0][1] if len(where) == 1 else [location for _mode, location in where],
        "inLanguage": event.language,
        "organizer": {"@type": "Organization", "name": event.organizer.name},
        "offers": [
            {
                "@type": "Offer",
                "name": offer["type"].name,
                "price": str(offer["type"].price),
                "priceCurrency": offer["type"].currency,
                "availability": SCHEMA_AVAILABILITY[offer["level"]],
                "url": url,
            }
            for offer in offers
        ],
    }


def found_words(query: QueryDict) -> str:
    """Return the page's heading: what was asked for."""
    text = query.get("q", "").strip()
    return _("“%(text)s”") % {"text": text} if text else _("Rivers, mountains and people to go with.")
