"""Bookings as reports see them: rows only."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bookings.models import Booking, Payment, Refund
from events.models import Event
from tests.factories.accounts import make_user


def make_booking(*, event: Event, at: datetime, amount: str = "1000.00", **fields: Any) -> Booking:
    """Make a booking that was begun and confirmed at a moment."""
    return Booking.objects.create(
        user=fields.pop("user", None) or make_user(),
        event=event,
        amount=Decimal(amount),
        currency=event.currency,
        cancellable_hours_before=24,
        hold_expires_at=at + timedelta(minutes=15),
        created_at=at,
        **({"status": "confirmed", "confirmed_at": at, "seats": 1} | fields),
    )


def make_hold(*, event: Event, at: datetime, **fields: Any) -> Booking:
    """Make a booking that nobody paid for yet."""
    return make_booking(event=event, at=at, status="held", confirmed_at=None, **fields)


def cancel(booking: Booking, *, at: datetime, refund: str, reason: str = "cancelled") -> None:
    """Cancel a booking and promise money back."""
    Booking.objects.filter(pk=booking.pk).update(status="cancelled", cancelled_at=at, cancelled_by="user")
    promise(booking, at=at, amount=refund, reason=reason)


def promise(booking: Booking, *, at: datetime, amount: str, reason: str) -> None:
    """Promise money of a paid booking back, and leave the booking as it is."""
    payment = Payment.objects.create(
        booking=booking,
        provider="sandbox",
        status="succeeded",
        amount=booking.amount,
        currency=booking.currency,
        next_attempt_at=at,
        settled_at=at,
    )
    Refund.objects.create(
        payment=payment,
        amount=Decimal(amount),
        currency=booking.currency,
        reason=reason,
        next_attempt_at=at,
        created_at=at,
    )
