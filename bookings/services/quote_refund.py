"""What comes back when a booking is cancelled now.

The policy is data, copied to the booking when its seats were taken: bands of hours before the start, each with a
percentage, and a fee. The band with the most hours that are still left applies; below the last band nothing comes back.
The executed refund is this same calculation (cancel_booking.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bookings.models import Booking
from bookings.services.promise_refund import refundable_of
from common.money import Money

# An event without bands gives everything back for as long as cancelling is possible.
EVERYTHING = ({"hours_before": 0, "percent": 100},)


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
    """What comes back, and the rule that says so: `band`, `too_late` or `not_paid`."""

    amount: Money
    rule: str
    percent: Decimal
    fee: Money
    curve: tuple[CurvePoint, ...]


def quote_refund(*, booking: Booking, now: datetime) -> RefundQuote:
    """Return what a cancellation at `now` gives back."""
    return refund_of(
        policy=booking.refund_policy, paid=refundable_of(booking=booking), starts_at=booking.event.starts_at, now=now
    )


def refund_of(*, policy: dict[str, Any], paid: Money, starts_at: datetime, now: datetime) -> RefundQuote:
    """Apply a policy to what was paid; never more than that, never less than nothing."""
    fee = Money(Decimal(str(policy.get("fee") or 0)), paid.currency)
    bands = bands_of(policy)
    curve = tuple(
        CurvePoint(
            until=starts_at - timedelta(hours=band.hours_before),
            percent=band.percent,
            amount=_share(paid, band.percent, fee),
        )
        for band in bands
    )
    # A moment that is exactly at a band's border still belongs to the band.
    band = next((one for one in bands if now <= starts_at - timedelta(hours=one.hours_before)), None)
    if not paid:
        return RefundQuote(paid, "not_paid", Decimal(0), fee, curve)
    if band is None:
        return RefundQuote(Money.zero(paid.currency), "too_late", Decimal(0), fee, curve)
    return RefundQuote(_share(paid, band.percent, fee), "band", band.percent, fee, curve)


def bands_of(policy: dict[str, Any]) -> list[Band]:
    """Return the bands, the earliest first."""
    bands = [Band(int(one["hours_before"]), Decimal(str(one["percent"]))) for one in policy.get("bands") or EVERYTHING]
    return sorted(bands, key=lambda band: -band.hours_before)


def _share(paid: Money, percent: Decimal, fee: Money) -> Money:
    share = paid.percent(percent) - fee
    return share if Money.zero(paid.currency) < share else Money.zero(paid.currency)
