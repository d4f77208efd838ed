"""Say what seats would cost now, without taking them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bookings.ports import PointsQuote, points
from common.money import Money
from events.models import PromoCode, Question
from events.selectors.questions import list_questions_of_types
from events.services.check_promo_code import check_promo_code, discounts_of
from events.services.check_sale import Sale, check_sale
from events.services.record_answers import GivenAnswer, check_answers

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Wish:
    """What a person brings along: a promo code, points, the code that shows hidden ticket types; or nothing."""

    promo_code: str = ""
    points: Decimal = NOTHING
    access_code: str = ""


FULL_PRICE = Wish()


@dataclass(frozen=True)
class QuoteLine:
    ticket_type: uuid.UUID
    name: str
    quantity: int
    price: Money
    total: Money
    discount: Money


@dataclass(frozen=True)
class Quote:
    """What the items cost together, what is taken off, and the total that money pays; what has to be answered."""

    items: tuple[QuoteLine, ...]
    subtotal: Money
    promo: PromoCode | None
    discount: Money
    points: PointsQuote
    total: Money
    questions: tuple[Question, ...] = ()


def quote_seats(
    *,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    user_id: uuid.UUID,
    now: datetime,
    wish: Wish = FULL_PRICE,
    answers: Sequence[GivenAnswer] = (),
) -> Quote:
    """Return the price breakdown of what may be booked now; it is what a hold made now would cost.

    Fewer points than wanted are no refusal here: the quote says how many, and why. Answers are checked when there are
    any: who asks for a price need not have filled in a form.

    Raises:
        NotFound, EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`
        InvalidInput: from `check_answers`
        PromoInvalid, PromoExpired, PromoExhausted, PromoNotApplicable: from `check_promo_code`
    """
    sale = check_sale(
        event_id=event_id, quantities=quantities, access_code=wish.access_code, promo_code=wish.promo_code, now=now
    )
    if answers:
        check_answers(event_id=event_id, quantities=quantities, answers=answers)
    questions = tuple(list_questions_of_types(event_id=event_id, ticket_type_ids=quantities))
    return replace(quote_sale(sale, user_id=user_id, wish=wish, now=now), questions=questions)


def quote_sale(sale: Sale, *, user_id: uuid.UUID, wish: Wish = FULL_PRICE, now: datetime) -> Quote:
    """Return the price breakdown of a checked sale.

    Raises:
        PromoInvalid, PromoExpired, PromoExhausted, PromoNotApplicable
    """
    nothing = Money.zero(sale.event.currency)
    promo = None
    discounts: dict[uuid.UUID, Money] = {}
    if wish.promo_code:
        promo = check_promo_code(sale=sale, code=wish.promo_code, user_id=user_id, now=now)
        totals = {one.id: one.money * quantity for one, quantity in sale.lines}
        discounts = discounts_of(promo=promo, totals=totals)
    lines = tuple(
        QuoteLine(
            ticket_type=one.id,
            name=one.name,
            quantity=quantity,
            price=one.money,
            total=one.money * quantity,
            discount=discounts.get(one.id, nothing),
        )
        for one, quantity in sale.lines
    )
    subtotal = sum((line.total for line in lines), nothing)
    discount = sum((line.discount for line in lines), nothing)
    price = subtotal - discount
    used = PointsQuote(points=NOTHING, worth=nothing)
    if wish.points:
        used = points().quote(user_id=user_id, price=price, points_wanted=wish.points)
    return Quote(items=lines, subtotal=subtotal, promo=promo, discount=discount, points=used, total=price - used.worth)
