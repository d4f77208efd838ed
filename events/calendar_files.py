"""Events as iCalendar (RFC 5545)."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event, vText

from events.models import Event as EventRow


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An event in a calendar; the address is in it only for those who may see it."""

    event: Any
    url: str
    shows_place: bool
    # Kept in mind, or not paid for yet.
    is_tentative: bool = False
    # The event goes on, without this reader.
    is_cancelled: bool = False


def calendar_of(entries: Sequence[Entry], *, now: datetime, name: str = "") -> bytes:
    """Return a calendar file."""
    calendar = Calendar()
    calendar.add("prodid", "-//Aquastream//Events//EN")
    calendar.add("version", "2.0")
    if name:
        calendar.add("x-wr-calname", name)
        # How often a subscriber should look again.
        calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_component(entry, now=now))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _component(given: Entry, *, now: datetime) -> Event:
    event = given.event
    zone = zoneinfo.ZoneInfo(event.time_zone)
    entry = Event()
    entry.add("uid", f"{event.id}@aquastream")
    # A calendar program takes the entry of the highest sequence.
    entry.add("sequence", event.version)
    entry.add("dtstamp", now)
    entry.add("dtstart", event.starts_at.astimezone(zone))
    entry.add("dtend", event.ends_at.astimezone(zone))
    entry.add("summary", event.title)
    entry.add("description", event.summary)
    entry.add("url", given.url)
    cancelled = given.is_cancelled or event.status == EventRow.Status.CANCELLED
    entry.add("status", "CANCELLED" if cancelled else "TENTATIVE" if given.is_tentative else "CONFIRMED")
    place = [event.venue, event.city, event.address if given.shows_place else ""]
    entry.add("location", vText(", ".join(part for part in place if part)))
    return entry
