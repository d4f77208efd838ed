"""What comes back when a booking is cancelled now.

The policy is data, copied to the booking when its seats were taken:

    {"version": 1, "fee": "100.00", "promo_share": 50,
     "bands": [{"hours_before": 168, "percent": 100}, {"hours_before": 48, "percent": 50}],
     "types": {"<ticket type>": [{"hours_before": 24, "percent": 30}]}}

The band with the most hours that are still left applies; below the last band nothing comes back. A ticket type with
bands of its own follows those. Of seats bought with a promo code, `promo_share` percent of that comes back. The fee is
taken once, from the money. Points come back in the same proportion, without the fee. After the event was moved,
everything comes back until `free_until`. The executed refund is this same calculation (cancel_booking.py).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

from bookings.models import Booking
from bookings.services.promise_refund import refundable_of
from common.money import Money

# An event without a policy gives everything back for as long as cancelling is possible; one with no bands nothing.
EVERYTHING = ({"hours_before": 0, "percent": 100},)
WHOLE = Decimal(100)
NOTHING = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Band:
    """From how many hours before the start on which share comes back."""

    hours_before: int
    percent: Decimal


@dataclass(frozen=True)
class CurvePoint:
    """Until this moment this amount comes back."""

    until: datetime
    percent: Decimal
    amount: Money


@dataclass(frozen=True)
class RefundQuote:
    """What comes back, and the rule that says so: `band`, `rescheduled`, `too_late` or `not_paid`.

    `percent` is the share before the fee, over all ticket types; `hours_before` names the band when it is one.
    """

    amount: Money
    points: Decimal
    rule: str
    percent: Decimal
    hours_before: int | None
    fee: Money
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, kw_only=True)
class Paid:
    """What was paid: money and points, and for which ticket types at which prices (they share it in proportion)."""

    money: Money
    points: Decimal = NOTHING
    prices: dict[UUID, Decimal] = field(default_factory=dict)
    with_promo: bool = False


def quote_refund(*, booking: Booking, now: datetime) -> RefundQuote:
    """Return what a cancellation at `now` gives back."""
    return refund_of(
        policy=booking.refund_policy,
        paid=paid_for(booking=booking),
        starts_at=booking.event.starts_at,
        free_until=free_until(booking=booking),
        now=now,
    )


def paid_for(*, booking: Booking) -> Paid:
    """Return what the seats of a booking were paid with and could go back: nothing while it is only held."""
    if booking.confirmed_at is None:
        return Paid(money=Money.zero(booking.currency))
    left = refundable_of(booking=booking)
    return Paid(
        money=booking.total if booking.total < left else left,
        points=booking.points - booking.points_returned,
        prices={item.ticket_type_id: item.net.amount for item in booking.items.all()},
        with_promo=booking.promo_code_id is not None,
    )


def free_until(*, booking: Booking) -> datetime | None:
    """Return until when everything comes back because the event was moved after the seats were taken."""
    event = booking.event
    if (
        event.rescheduled_at is None
        or event.free_cancellation_until is None
        or booking.created_at >= event.rescheduled_at
    ):
        return None
    return min(event.free_cancellation_until, event.starts_at)


def refund_of(
    *, policy: dict[str, Any], paid: Paid, starts_at: datetime, now: datetime, free_until: datetime | None = None
) -> RefundQuote:
    """Apply a policy to what was paid; never more than that, never less than nothing."""
    types: list[UUID | None] = [*sorted(paid.prices, key=str)] or [None]
    terms = Terms(
        bands={one: bands_of(policy, one) for one in types},
        fee=Money(Decimal(str(policy.get("fee") or 0)), paid.money.currency),
        promo_share=Decimal(str(policy.get("promo_share", WHOLE))) if paid.with_promo else WHOLE,
        paid=paid,
        starts_at=starts_at,
        free_until=free_until,
    )
    amount, points, percent = terms.at(now)
    band = band_at(bands_of(policy), starts_at, now)
    rule = terms.rule_at(now)
    return RefundQuote(
        amount=amount,
        points=points,
        rule=rule,
        percent=NOTHING if rule == "not_paid" else percent,
        hours_before=band.hours_before if rule == "band" and band else None,
        fee=terms.fee,
        curve=terms.curve(),
    )


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A policy as it applies to one booking: the bands of each of its ticket types."""

    bands: dict[UUID | None, list[Band]]
    fee: Money
    promo_share: Decimal
    paid: Paid
    starts_at: datetime
    free_until: datetime | None

    def is_free(self, now: datetime) -> bool:
        return self.free_until is not None and now <= self.free_until

    def rule_at(self, now: datetime) -> str:
        if not self.paid.money and not self.paid.points:
            return "not_paid"
        if self.is_free(now):
            return "rescheduled"
        return "band" if any(band_at(one, self.starts_at, now) for one in self.bands.values()) else "too_late"

    def at(self, now: datetime) -> tuple[Money, Decimal, Decimal]:
        """Return the money, the points and the percentage that come back at a moment."""
        if self.is_free(now):
            return self.paid.money, self.paid.points, WHOLE
        percent = self._percent(now)
        share = self.paid.money.percent(percent) - self.fee
        nothing = Money.zero(share.currency)
        points = (self.paid.points * percent / WHOLE).quantize(CENT, rounding=ROUND_DOWN)
        return share if nothing < share else nothing, points, percent.quantize(CENT)

    def curve(self) -> tuple[CurvePoint, ...]:
        hours = {band.hours_before for bands in self.bands.values() for band in bands}
        borders = {self.starts_at - timedelta(hours=one) for one in hours}
        if self.free_until is not None:
            borders = {one for one in borders if one > self.free_until} | {self.free_until}
        points = []
        for until in sorted(borders):
            amount, _, percent = self.at(until)
            points.append(CurvePoint(until=until, percent=percent, amount=amount))
        return tuple(points)

    def _percent(self, now: datetime) -> Decimal:
        """Return the share of all types together, each weighing what it cost."""
        percents = {}
        for type_id, bands in self.bands.items():
            band = band_at(bands, self.starts_at, now)
            percents[type_id] = (band.percent if band else NOTHING) * self.promo_share / WHOLE
        weights = {one: self.paid.prices[one] if one else NOTHING for one in percents}
        together = sum(weights.values(), NOTHING)
        if together:
            return sum((percents[one] * weights[one] for one in percents), NOTHING) / together
        # Without prices all types count alike.
        return sum(percents.values(), NOTHING) / len(percents)


def bands_of(policy: dict[str, Any], ticket_type_id: UUID | None = None) -> list[Band]:
    """Return the bands of a ticket type, the earliest first."""
    own = (policy.get("types") or {}).get(str(ticket_type_id))
    bands = own if own is not None else policy.get("bands", EVERYTHING)
    found = [Band(int(one["hours_before"]), Decimal(str(one["percent"]))) for one in bands]
    return sorted(found, key=lambda band: -band.hours_before)


def band_at(bands: list[Band], starts_at: datetime, now: datetime) -> Band | None:
    """Return the band that applies; a moment that is exactly at a band's border still belongs to the band."""
    return next((one for one in bands if now <= starts_at - timedelta(hours=one.hours_before)), None)
