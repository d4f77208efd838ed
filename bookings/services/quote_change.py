"""Say what other seats would cost for a confirmed booking, without changing it.

Seats of a type that the booking has keep the price at which they were booked; other types cost what they cost today. The
promo code counts on. When the new seats cost less, the difference comes back as the refund policy says for now, without
the fee: the booking goes on.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bookings.models import Booking
from bookings.services.promise_refund import refundable_of
from bookings.services.quote_refund import WHOLE, quote_refund
from common.money import Money
from common.problems import Problem
from events.models import Question, TicketType
from events.selectors.questions import list_questions_of_types
from events.services.check_promo_code import discounts_of
from events.services.check_sale import check_cost, check_sale, check_seat_limits

NOTHING = Decimal(0)


class NothingToChange(Problem):
    """The booking has these seats already."""

    code = "nothing_to_change"
    title = "The booking has exactly these seats already."


@dataclass(frozen=True)
class ChangedLine:
    """Seats of one type after the change; `added` of them come on top."""

    ticket_type: uuid.UUID
    name: str
    quantity: int
    added: int
    price: Money
    discount: Money

    @property
    def total(self) -> Money:
        return self.price * self.quantity


@dataclass(frozen=True)
class ChangeQuote:
    """The new price, and what is to be paid more or comes back: one of them is nothing."""

    items: tuple[ChangedLine, ...]
    removed: dict[uuid.UUID, int]
    discount: Money
    points: Decimal
    points_worth: Money
    points_back: Decimal
    total: Money
    to_pay: Money
    refund: Money
    questions: tuple[Question, ...] = ()

    @property
    def added(self) -> dict[uuid.UUID, int]:
        return {line.ticket_type: line.added for line in self.items if line.added}

    @property
    def seats(self) -> int:
        return sum(line.quantity for line in self.items)


def quote_change(
    *, booking: Booking, quantities: Mapping[uuid.UUID, int], access_code: str = "", now: datetime
) -> ChangeQuote:
    """Return what a change at `now` costs; the change itself is this same calculation.

    Raises:
        NothingToChange
        EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`, for seats that come on top
    """
    if dict(quantities) == booking.quantities:
        raise NothingToChange()
    lines = _lines(booking, quantities, access_code, now)
    nothing = Money.zero(booking.currency)
    price = sum((line.total - line.discount for line in lines), nothing)
    worth = booking.points_money if booking.points_money < price else price
    points_left = booking.points - booking.points_returned
    points_back = points_left * (1 - worth.amount / booking.points_worth) if booking.points_worth else NOTHING
    total = price - worth
    less = booking.total - total if total < booking.total else nothing
    back = less.percent(min(quote_refund(booking=booking, now=now).percent, WHOLE))
    # Less is left when some of it went back before, or when nobody ever paid.
    left = refundable_of(booking=booking)
    return ChangeQuote(
        items=lines,
        removed={
            kind: number - quantities.get(kind, 0)
            for kind, number in booking.quantities.items()
            if number > quantities.get(kind, 0)
        },
        discount=sum((line.discount for line in lines), nothing),
        points=points_left,
        points_worth=worth,
        points_back=points_back.quantize(Decimal("0.01")),
        total=total,
        to_pay=total - booking.total if booking.total < total else nothing,
        refund=back if back < left else left,
        questions=tuple(list_questions_of_types(event_id=booking.event_id, ticket_type_ids=quantities)),
    )


def _lines(
    booking: Booking, quantities: Mapping[uuid.UUID, int], access_code: str, now: datetime
) -> tuple[ChangedLine, ...]:
    had = {item.ticket_type_id: item for item in booking.items.all()}
    more = {kind: number for kind, number in quantities.items() if kind not in had or number > had[kind].quantity}
    if more:
        # Whoever has a hidden type already knows it.
        check_sale(event_id=booking.event_id, quantities=more, access_code=access_code, now=now)
    kinds = {one.id: one for one in TicketType.objects.filter(event_id=booking.event_id, id__in=quantities)}
    check_seat_limits(kinds=kinds, quantities=quantities)
    prices = {kind: had[kind].price if kind in had else kinds[kind].money for kind in quantities}
    check_cost(prices={kind: price.amount for kind, price in prices.items()}, quantities=quantities)
    totals = {kind: prices[kind] * number for kind, number in quantities.items()}
    discounts = discounts_of(promo=booking.promo_code, totals=totals) if booking.promo_code else {}
    return tuple(
        ChangedLine(
            ticket_type=kind,
            name=had[kind].name if kind in had else kinds[kind].name,
            quantity=quantities[kind],
            added=max(0, quantities[kind] - (had[kind].quantity if kind in had else 0)),
            price=prices[kind],
            discount=discounts.get(kind, Money.zero(booking.currency)),
        )
        for kind in sorted(quantities)
    )
