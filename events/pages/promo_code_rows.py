"""A promo code in the organizer's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event, PromoCode
from events.models.promo_code import PromoKind
from events.pages.fields import shown
from events.templatetags.event_words import money


def promo_row(promo: PromoCode, *, event: Event, types: Mapping[Any, str], now: datetime) -> dict[str, Any]:
    """Return what the list says of a code; `types` are the names of the event's ticket types."""
    return {
        "promo": promo,
        "takes_off": takes_off(promo, event.currency),
        "types": [types[one] for one in promo.ticket_type_ids if one in types],
        "opens_at": shown(promo.opens_at, event.time_zone),
        "closes_at": shown(promo.closes_at, event.time_zone),
        "state": state_of(promo, now),
    }


def takes_off(promo: PromoCode, currency: str) -> str:
    if promo.kind == PromoKind.PERCENT:
        return f"{promo.value.normalize():f}\N{NO-BREAK SPACE}%"
    return money(promo.value, currency)


def state_of(promo: PromoCode, now: datetime) -> tuple[str, str]:
    """Return why the code doesn't count, or that it does: a word for the style, and one for the reader."""
    if not promo.is_active:
        return "off", _("switched off")
    if promo.total_limit is not None and promo.used >= promo.total_limit:
        return "off", _("used up")
    if promo.has_closed(now):
        return "off", _("over")
    if not promo.has_opened(now):
        return "later", _("not yet")
    return "on", _("counts")
