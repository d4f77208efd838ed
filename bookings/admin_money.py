"""Amounts in the back office, written as on the pages: 5 200 ₽."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin

from bookings.documents.wording import money_text
from common.money import Money

Column = Callable[[Any, Any], str]


def money_column(name: str, description: Any) -> Column:
    """Return a column that shows an amount of a row in the row's currency, and orders by it."""

    @admin.display(description=description, ordering=name)
    def told(self: Any, row: Any) -> str:
        return money_text(Money(getattr(row, name), row.currency))

    return told
