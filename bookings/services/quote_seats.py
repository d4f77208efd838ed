"""Say what seats would cost now, without taking them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from common.money import Money
from events.services.check_sale import Sale, check_sale


@dataclass(frozen=True)
class QuoteLine:
    ticket_type: uuid.UUID
    name: str
    quantity: int
    price: Money
    total: Money


@dataclass(frozen=True)
class Quote:
    items: tuple[QuoteLine, ...]
    total: Money


def quote_seats(*, event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int], now: datetime) -> Quote:
    """Return the price breakdown of what may be booked now; it is what a hold made now would cost.

    Raises:
        NotFound, EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`
    """
    return quote_sale(check_sale(event_id=event_id, quantities=quantities, now=now))


def quote_sale(sale: Sale) -> Quote:
    """Return the price breakdown of a checked sale."""
    lines = tuple(
        QuoteLine(ticket_type=one.id, name=one.name, quantity=quantity, price=one.money, total=one.money * quantity)
        for one, quantity in sale.lines
    )
    return Quote(items=lines, total=sum((line.total for line in lines), Money.zero(sale.event.currency)))
