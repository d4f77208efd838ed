"""What reports learn from bookings."""

from uuid import UUID

import msgspec

from analytics.services.mark_days import mark_days_of_booking
from bus.facts import ReceivedFact
from bus.subscriptions import handles


class BookingSeen(msgspec.Struct):
    booking_id: UUID


class MovedSeen(BookingSeen):
    previous_event_id: UUID


class HandedOverSeen(BookingSeen):
    receiver_booking_id: UUID


@handles("bookings.booking.held.v1", schema=BookingSeen, queue="bulk")
def on_booking_held(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)


@handles("bookings.booking.confirmed.v1", schema=BookingSeen, queue="bulk")
def on_booking_confirmed(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)


@handles("bookings.booking.cancelled.v1", schema=BookingSeen, queue="bulk")
def on_booking_cancelled(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)


@handles("bookings.booking.changed.v1", schema=BookingSeen, queue="bulk")
def on_booking_changed(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)


@handles("bookings.booking.moved.v1", schema=MovedSeen, queue="bulk")
def on_booking_moved(fact: ReceivedFact) -> None:
    moved: MovedSeen = fact.data
    mark_days_of_booking(booking_id=moved.booking_id, previous_event_id=moved.previous_event_id)


@handles("bookings.booking.transferred.v1", schema=HandedOverSeen, queue="bulk")
def on_booking_transferred(fact: ReceivedFact) -> None:
    """Seats and their price have gone from one booking to another."""
    mark_days_of_booking(booking_id=fact.data.booking_id)
    mark_days_of_booking(booking_id=fact.data.receiver_booking_id)


@handles("bookings.booking.refunded.v1", schema=BookingSeen, queue="bulk")
def on_booking_refunded(fact: ReceivedFact) -> None:
    mark_days_of_booking(booking_id=fact.data.booking_id)
