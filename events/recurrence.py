"""When the events of a series begin: a recurrence rule (RFC 5545) on the calendar of the place.

The rule is followed by the clock on the wall, so that an event at 10:00 stays at 10:00 when the clocks change. A time
that the clocks skip is moved on by what they skip; of a time that comes twice the first is taken.

Only rules that come to an end, and soon, are taken: what remains can be worked out in a moment whatever it says.
"""

import calendar
import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

from dateutil.rrule import rrulestr
from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput

MOST_EVENTS = 200
HORIZON = timedelta(days=5 * 366)
# What each frequency may be narrowed down by.
PARTS = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY", "WKST"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYMONTH", "BYMONTHDAY"},
}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = "(MO|TU|WE|TH|FR|SA|SU)"
VALUES = {
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}(T\d{6}Z)?",
    "BYDAY": rf"([+-]?[1-5])?{DAY}(,([+-]?[1-5])?{DAY}){{0,6}}",
    "BYMONTHDAY": r"-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01])){0,30}",
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2])){0,11}",
    "BYSETPOS": r"-?[1-4]",
    "WKST": DAY,
}


def starts_of(*, rule: str, starts_at: datetime, time_zone: str) -> list[datetime]:
    """Return the start of each event in UTC, the given one first.

    Raises:
        InvalidInput: the rule isn't understood, has no end, makes no or too many events, or not the given one, or goes
            on for longer than five years.
    """
    parts = _parts_of(rule)
    zone = zoneinfo.ZoneInfo(time_zone)
    # A rule knows whole seconds.
    first = starts_at.astimezone(zone).replace(tzinfo=None, microsecond=0)
    until, horizon = _until(parts, zone), first + HORIZON
    if not _fits(parts, first):
        raise _start_not_in_rule()
    text = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
    try:
        found = _first_of(text, first, min(until or horizon, horizon))
    except (ValueError, OverflowError) as error:
        raise _wrong("invalid", str(error)) from error
    if not found or found[0] != first:
        raise _start_not_in_rule()
    if len(found) > MOST_EVENTS:
        raise _wrong("too_many", _("A rule may make at most %(most)d events.") % {"most": MOST_EVENTS})
    if (until or first) > horizon or len(found) < int(parts.get("COUNT", 0)):
        raise _wrong("too_long", _("A series may last five years at most."))
    return [one.replace(tzinfo=zone).astimezone(UTC) for one in found]


def normal_form(rule: str) -> str:
    """Return the rule in capitals, without the property's name."""
    return rule.strip().upper().removeprefix("RRULE:")


def _parts_of(rule: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in normal_form(rule).split(";")]
    parts = {name: value for name, _sign, value in pairs}
    allowed = PARTS.get(parts.get("FREQ", ""))
    if allowed is None or len(parts) < len(pairs):
        raise _wrong("invalid", _("Begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, and say nothing twice."))
    for name, value in parts.items():
        if name == "FREQ":
            continue
        if name not in allowed | {"INTERVAL", "COUNT", "UNTIL"} or not re.fullmatch(VALUES[name], value):
            raise _wrong("invalid", _("%(part)s can't be used here.") % {"part": f"{name}={value}"[:60]})
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise _wrong("endless", _("Say either how many (COUNT) or until when (UNTIL)."))
    if parts["FREQ"] == "DAILY" and "BYDAY" in parts and "INTERVAL" in parts:
        raise _wrong("invalid", _("Name days of the week with FREQ=WEEKLY."))
    if "BYSETPOS" in parts and "BYDAY" not in parts:
        raise _wrong("invalid", _("%(part)s can't be used here.") % {"part": "BYSETPOS"})
    return parts


def _until(parts: dict[str, str], zone: zoneinfo.ZoneInfo) -> datetime | None:
    """Return the last moment by the clock of the place; a date means the whole day."""
    text = parts.get("UNTIL")
    if text is None:
        return None
    try:
        if "T" not in text:
            return datetime.combine(datetime.strptime(text, "%Y%m%d").date(), time.max)  # noqa: DTZ007  (a date has no zone)
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise _wrong("invalid", _("%(part)s can't be used here.") % {"part": f"UNTIL={text}"}) from error


def _fits(parts: dict[str, str], first: datetime) -> bool:
    """Tell whether the rule names the day itself.

    Asked before the rule is followed: of one that names no day at all, like the 30th of February, the first would be
    sought until the year 9999.
    """
    if "BYMONTH" in parts and first.month not in _numbers(parts["BYMONTH"]):
        return False
    if "BYSETPOS" not in parts:
        return _names(parts, first.date())
    days = range(1, calendar.monthrange(first.year, first.month)[1] + 1)
    named = [day for day in days if _names(parts, first.date().replace(day=day))]
    place = int(parts["BYSETPOS"])
    return first.day in (named[place - 1 : place] if place > 0 else named[place:][:1])


def _names(parts: dict[str, str], day: date) -> bool:
    """Tell whether the day is among those of the month, and of the week, that the rule names."""
    length = calendar.monthrange(day.year, day.month)[1]
    if "BYMONTHDAY" in parts and not {day.day, day.day - length - 1} & _numbers(parts["BYMONTHDAY"]):
        return False
    if "BYDAY" not in parts:
        return True
    weekday = WEEKDAYS[day.weekday()]
    places = {f"{(day.day - 1) // 7 + 1}", f"-{(length - day.day) // 7 + 1}"}
    for one in parts["BYDAY"].split(","):
        place = one[:-2].lstrip("+")
        # Days of a week have no place in it: there it is passed over.
        if one.endswith(weekday) and (not place or parts["FREQ"] != "MONTHLY" or place in places):
            return True
    return False


def _numbers(text: str) -> set[int]:
    return {int(one) for one in text.split(",")}


def _first_of(text: str, first: datetime, last: datetime) -> list[datetime]:
    """Return up to one more than is allowed."""
    found: list[datetime] = []
    for one in rrulestr(text, dtstart=first):
        if one > last or len(found) > MOST_EVENTS:
            break
        found.append(one)
    return found


def _start_not_in_rule() -> InvalidInput:
    return _wrong("start_not_in_rule", _("The event's own start must be the first one of the rule."))


def _wrong(code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("/rule", code, detail),))
