"""What reports learn from bookings."""

from uuid import UUID

import msgspec

from analytics.services.mark_days import mark_days_of_booking
from bus.facts import ReceivedFact
from bus.subscriptions import handles


class BookingSeen(msgspec.Struct):
    booking_id: UUID


@handles("bookings.booking.held.v1", schema=BookingSeen, queue="bulk")
def on_booking_held(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)


@handles("bookings.booking.confirmed.v1", schema=BookingSeen, queue="bulk")
def on_booking_confirmed(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)


@handles("bookings.booking.cancelled.v1", schema=BookingSeen, queue="bulk")
def on_booking_cancelled(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)
