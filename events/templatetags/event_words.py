"""Times, money and policies in the reader's words."""

import zoneinfo
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_skeleton, get_timezone_gmt
from babel.numbers import format_currency
from django import template
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from events.models import Event

register = template.Library()
HOURS_IN_DAY = 24


def locale() -> str:
    """Return the reader's language as Babel names it; English with the 24-hour clock."""
    return "ru" if (get_language() or "ru").startswith("ru") else "en_GB"


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """Write an amount; kopecks only where there are any."""
    if amount == 0:
        return _("Free")
    whole = amount == amount.to_integral_value()
    return str(format_currency(amount, currency, locale=locale(), format="#,##0 ¤" if whole else "#,##0.00 ¤"))


@register.filter
def days(event: Event) -> str:
    """Write the day or days of the event by the calendar of its place; the year only when it isn't this one."""
    first, last = local(event, event.starts_at), local(event, event.ends_at)
    skeleton = "MMMd" if first.year == timezone.now().year else "yMMMd"
    if first.date() == last.date():
        return str(format_skeleton("E" + skeleton if locale() != "ru" else skeleton, first, locale=locale()))
    return f"{_day(first, skeleton)} – {_day(last, skeleton)}"


@register.filter
def weekday(event: Event) -> str:
    """Write the weekday of the start."""
    return str(format_date(local(event, event.starts_at), "EEEE", locale=locale()))


@register.filter
def hours(event: Event) -> str:
    """Write the hours of a one-day event, or the hour of the start."""
    first, last = local(event, event.starts_at), local(event, event.ends_at)
    if first.date() == last.date():
        return f"{first:%H:%M}–{last:%H:%M}"
    return f"{first:%H:%M}"


@register.filter
def zone(event: Event) -> str:
    """Write how far the event's clock is from UTC."""
    offset = get_timezone_gmt(local(event, event.starts_at), width="short", locale="en")
    return f"UTC{offset.removeprefix('GMT')}".replace("-", "\N{MINUS SIGN}")


@register.filter
def iso(event: Event, field: str) -> str:
    """Write a time of the event for machines, with the offset of its place."""
    return local(event, getattr(event, field)).isoformat(timespec="seconds")


@register.filter
def short_weekday(day: date) -> str:
    return str(format_date(day, "EEEEEE", locale=locale()))


@register.filter
def long_day(day: date) -> str:
    return str(format_date(day, "EEEE, d MMMM", locale=locale()))


@register.filter
def refund_words(event: Event) -> list[str]:
    """Write the refund policy as sentences, the best for the guest first."""
    bands: list[dict[str, Any]] = event.refund_policy.get("bands", [])
    if not any(band["percent"] for band in bands):
        return [_("When you cancel, nothing is refunded.")]
    lines = [_band(band["hours_before"], band["percent"]) for band in bands if band["percent"]]
    if bands[-1]["hours_before"] > 0:
        lines.append(_("Later: nothing is refunded."))
    return lines


@register.filter
def span(hours_before: int) -> str:
    """Write a number of hours, in days where they are whole."""
    if hours_before and hours_before % HOURS_IN_DAY == 0:
        number = hours_before // HOURS_IN_DAY
        return ngettext("%d day", "%d days", number) % number
    return ngettext("%d hour", "%d hours", hours_before) % hours_before


def local(event: Event, moment: datetime) -> datetime:
    """Return the moment on the clock of the event's place."""
    return moment.astimezone(zoneinfo.ZoneInfo(event.time_zone))


def _band(hours_before: int, percent: int) -> str:
    if hours_before == 0:
        return _("Until the start: %(percent)d%% back.") % {"percent": percent}
    return _("%(span)s before the start or earlier: %(percent)d%% back.") % {
        "span": span(hours_before),
        "percent": percent,
    }


def _day(moment: datetime, skeleton: str) -> str:
    return str(format_skeleton(skeleton, moment, locale=locale()))


@register.filter
def unlocalized(amount: Decimal) -> str:
    """Write an amount for programs."""
    return f"{amount:.2f}"
