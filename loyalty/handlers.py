"""What bookings on this platform mean for its own programme: what is paid earns points, what is refunded loses them."""

import uuid
from decimal import Decimal

import msgspec
from django.utils import timezone

from bus.facts import ReceivedFact
from bus.subscriptions import handles
from loyalty.services.accrue_booking import accrue_booking, refund_booking


class BookingConfirmed(msgspec.Struct):
    booking_id: uuid.UUID
    user_id: uuid.UUID
    amount: Decimal
    currency: str
    event_title: str = ""


class BookingChanged(BookingConfirmed):
    paid: Decimal = Decimal(0)


class BookingRefunded(msgspec.Struct):
    booking_id: uuid.UUID
    refund_id: uuid.UUID
    refund: Decimal
    why: str = ""


# Why money goes back that had bought nothing, so that it had earned nothing.
BOUGHT_NOTHING = frozenset({"late_payment", "paid_twice"})


@handles("bookings.booking.confirmed.v1", schema=BookingConfirmed)
def on_booking_confirmed(fact: ReceivedFact) -> None:
    booking: BookingConfirmed = fact.data
    accrue_booking(
        booking_id=booking.booking_id,
        user_id=booking.user_id,
        amount=booking.amount,
        currency=booking.currency,
        description=booking.event_title,
        now=timezone.now(),
    )


@handles("bookings.booking.changed.v1", schema=BookingChanged)
def on_booking_changed(fact: ReceivedFact) -> None:
    booking: BookingChanged = fact.data
    accrue_booking(
        booking_id=booking.booking_id,
        user_id=booking.user_id,
        amount=booking.paid,
        currency=booking.currency,
        description=booking.event_title,
        change=fact.id,
        now=timezone.now(),
    )


@handles("bookings.booking.refunded.v1", schema=BookingRefunded)
def on_booking_refunded(fact: ReceivedFact) -> None:
    refund: BookingRefunded = fact.data
    if refund.why in BOUGHT_NOTHING:
        return
    refund_booking(booking_id=refund.booking_id, refund_id=refund.refund_id, amount=refund.refund, now=timezone.now())
