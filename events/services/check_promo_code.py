"""Check that a promo code may be used for seats, and what it takes off each of them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from common.money import Money
from common.problems import Problem
from events.models import PromoCode
from events.services.check_sale import Sale

CENT = Decimal("0.01")


class PromoInvalid(Problem):
    """The event has no such code, or it was switched off."""

    code = "promo_invalid"
    title = "There is no such promo code."


class PromoExpired(Problem):
    """The code doesn't count now: `opens_at` and `closes_at` say when it does."""

    code = "promo_expired"
    title = "This promo code is not valid now."


class PromoExhausted(Problem):
    """The code was used as often as it may be, by everybody or by this person (`limit`: `total` or `per_user`)."""

    code = "promo_exhausted"
    title = "This promo code has been used up."


class PromoNotApplicable(Problem):
    """The code is for other ticket types: `ticket_types`."""

    code = "promo_not_applicable"
    title = "This promo code is for other tickets."


# Why a code that was given doesn't count.
PROMO_REFUSALS = (PromoExhausted, PromoExpired, PromoInvalid, PromoNotApplicable)


def check_promo_code(*, sale: Sale, code: str, user_id: uuid.UUID | None, now: datetime) -> PromoCode:
    """Return the code if it may be used for some of these seats. Its counter is taken by `take_promo_use` only.

    Raises:
        PromoInvalid, PromoExpired, PromoExhausted, PromoNotApplicable
    """
    promo = PromoCode.objects.filter(event_id=sale.event.id, code=code.strip().upper(), is_active=True).first()
    if promo is None:
        raise PromoInvalid()
    if not promo.has_opened(now) or promo.has_closed(now):
        raise PromoExpired(opens_at=promo.opens_at, closes_at=promo.closes_at)
    if not any(promo.applies_to(one.id) and one.price for one, _ in sale.lines):
        raise PromoNotApplicable(ticket_types=[str(one) for one in promo.ticket_type_ids])
    if promo.total_limit is not None and promo.used >= promo.total_limit:
        raise PromoExhausted(limit="total")
    limit = promo.per_user_limit
    if user_id and limit is not None and promo.uses.filter(user_id=user_id, used__gte=limit).exists():
        raise PromoExhausted(limit="per_user")
    return promo


def discounts_of(*, promo: PromoCode, totals: Mapping[uuid.UUID, Money]) -> dict[uuid.UUID, Money]:
    """Return what the code takes off the total of each ticket type; a type that it isn't for is left out.

    A fixed amount is shared by the types in proportion to their totals, to the kopeck, the last one taking the rest.
    """
    meant = {type_id: total for type_id, total in sorted(totals.items()) if promo.applies_to(type_id) and total}
    if promo.kind == PromoCode.Kind.PERCENT:
        return {type_id: total.percent(promo.value) for type_id, total in meant.items()}
    whole = sum((total.amount for total in meant.values()), Decimal(0))
    left = min(promo.value, whole)
    shares: dict[uuid.UUID, Money] = {}
    for type_id, total in meant.items():
        share = (left * total.amount / whole).quantize(CENT, rounding=ROUND_DOWN)
        share = left if total.amount == whole else share
        shares[type_id] = Money(share, total.currency)
        left, whole = left - share, whole - total.amount
    return shares
