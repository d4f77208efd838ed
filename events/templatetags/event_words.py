"""Times, money and policies in the reader's words."""

import zoneinfo
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal, get_currency_symbol
from django import template
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from common.utc_offset import utc_offset_text
from events.models import Event

register = template.Library()
HOURS_IN_DAY = 24
SHORT = timedelta(hours=18)


def locale() -> str:
    """Return the reader's language as Babel names it; English with the 24-hour clock."""
    return "ru" if (get_language() or "ru").startswith("ru") else "en_GB"


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """Write an amount; kopecks only where there are any."""
    if amount == 0:
        return _("Free")
    kopecks = "" if amount == amount.to_integral_value() else ".00"
    number = format_decimal(amount, format=f"#,##0{kopecks}", locale=locale())
    return f"{number}\N{NO-BREAK SPACE}{sign(currency)}"


@register.filter
def sign(currency: str) -> str:
    """Write a currency: the Russian locale knows the signs of ours, ₽, ₸, Br."""
    return str(get_currency_symbol(currency, locale="ru"))


@register.filter
def days(event: Event) -> str:
    """Write the day or days of the event by the calendar of its place; the year only when it isn't this one."""
    first, last = local(event, event.starts_at), local(event, event.ends_at)
    skeleton = "MMMd" if first.year == timezone.now().year else "yMMMd"
    if is_short(event):
        return str(format_skeleton(skeleton, first, locale=locale()))
    return str(format_interval(first.date(), last.date(), skeleton, locale=locale()))


@register.filter
def weekday(event: Event) -> str:
    """Write the weekday of the start."""
    return str(format_date(local(event, event.starts_at), "EEEE", locale=locale()))


@register.filter
def hours(event: Event) -> str:
    """Write the hours of a short event, or the hour of the start."""
    first, last = local(event, event.starts_at), local(event, event.ends_at)
    if is_short(event):
        return f"{first:%H:%M}–{last:%H:%M}"
    return f"{first:%H:%M}"


@register.filter
def zone(event: Event) -> str:
    """Write how far the event's clock is from UTC."""
    return utc_offset_text(local(event, event.starts_at))


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
def refund_words(under: Any) -> list[str]:
    """Write the refund policy of an event or a booking as sentences, the best for the guest first."""
    bands: list[dict[str, Any]] = under.refund_policy.get("bands", [])
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


def is_short(event: Event) -> bool:
    """Tell an evening that ends after midnight from an event of several days."""
    return event.ends_at - event.starts_at < SHORT


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


@register.filter
def unlocalized(amount: Decimal) -> str:
    """Write an amount for programs."""
    return f"{amount:.2f}"
