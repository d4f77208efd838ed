"""Money and moments as people read them, on pages and on paper."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_symbol
from django.utils.translation import get_language

from common.money import Money


def money_text(money: Money) -> str:
    """Write an amount: 1 500 ₽, and kopecks only when there are some."""
    kopecks = "" if money.amount == money.amount.to_integral_value() else ".00"
    number = format_decimal(money.amount, format=f"#,##0{kopecks}", locale=_locale())
    # The Russian locale knows the signs of our currencies.
    return f"{number}\N{NO-BREAK SPACE}{get_currency_symbol(money.currency, locale='ru')}"


def moment_text(moment: datetime, time_zone: str) -> str:
    """Write a moment by the calendar and clock of the place."""
    local = moment.astimezone(ZoneInfo(time_zone))
    day = format_date(local, "d MMMM y, EEEE" if _locale() == "ru" else "EEEE, d MMMM y", locale=_locale())
    return f"{day}, {local:%H:%M}"


def _locale() -> str:
    return "en_GB" if (get_language() or "").startswith("en") else "ru"
