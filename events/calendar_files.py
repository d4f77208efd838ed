"""Events as iCalendar (RFC 5545)."""

import zoneinfo
from datetime import datetime

from icalendar import Calendar, Event, vText

from events.models import Event as EventRow


def calendar_of(event: EventRow, *, url: str, shows_place: bool, now: datetime) -> bytes:
    """Return a calendar with one entry; the address is in it only for those who may see it."""
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
    entry.add("url", url)
    entry.add("status", "CANCELLED" if event.status == EventRow.Status.CANCELLED else "CONFIRMED")
    place = [event.venue, event.city, event.address if shows_place else ""]
    entry.add("location", vText(", ".join(part for part in place if part)))
    calendar = Calendar()
    calendar.add("prodid", "-//Aquastream//Events//EN")
    calendar.add("version", "2.0")
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return calendar.to_ical()
