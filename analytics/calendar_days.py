"""Days of a place."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_of(moment: datetime, time_zone: str) -> date:
    """Return which day it is in a time zone."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def bounds_of(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return when a day begins and when the next one does; a day may have 23 or 25 hours."""
    zone = ZoneInfo(time_zone)
    return datetime.combine(day, time.min, zone), datetime.combine(day + timedelta(days=1), time.min, zone)


def days_between(first: date, end: date) -> Iterator[date]:
    """Yield each day from the first one up to, without, the end."""
    day = first
    while day < end:
        yield day
        day += timedelta(days=1)
