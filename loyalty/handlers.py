"""What bookings on this platform mean for its own programme: confirmed ones earn points, refunded ones lose them."""

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


class BookingRefunded(msgspec.Struct):
    booking_id: uuid.UUID
    refund_id: uuid.UUID
    refund: Decimal


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


@handles("bookings.booking.refunded.v1", schema=BookingRefunded)
def on_booking_refunded(fact: ReceivedFact) -> None:
    refund: BookingRefunded = fact.data
    refund_booking(booking_id=refund.booking_id, refund_id=refund.refund_id, amount=refund.refund, now=timezone.now())
