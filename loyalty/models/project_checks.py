"""What a project's fields may hold, wherever they are filled in: in the back office as over the API."""

import re
from collections.abc import Callable
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAMED = ("email", "phone", "name")
MOST_NAMES = 20
LONGEST_NAME = 100
CURRENCY = re.compile(r"[A-Z]{3}")
TELEGRAM_BOT = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")


def check_currency(currency: str) -> None:
    if not CURRENCY.fullmatch(currency):
        raise ValidationError(_("This must be a currency: three letters, as in RUB."), code="unknown_currency")


def check_telegram_bot(name: str) -> None:
    if name and not TELEGRAM_BOT.fullmatch(name):
        text = _("This must be the name of a bot without @: 5 to 32 letters, digits and _.")
        raise ValidationError(text, code="not_a_bot")


def check_region(region: str) -> None:
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(_("This must be a country: two letters, as in RU."), code="unknown_region")


def check_field_names(names: Any) -> None:
    """Demand `{"email": ["…"], "phone": ["…"], "name": ["…"]}`, or some of these."""
    if not isinstance(names, dict) or not all(what in NAMED and _are_words(words) for what, words in names.items()):
        text = _('This must be {"email": […], "phone": […], "name": […]} with up to 20 names of fields in each.')
        raise ValidationError(text, code="not_field_names")


def _are_words(words: Any) -> bool:
    return (
        isinstance(words, list)
        and len(words) <= MOST_NAMES
        and all(isinstance(one, str) and 0 < len(one.strip()) <= LONGEST_NAME for one in words)
    )


CHECKS: dict[str, Callable[[Any], None]] = {
    "currency": check_currency,
    "telegram_bot": check_telegram_bot,
    "default_region": check_region,
    "field_names": check_field_names,
}
