"""Facts that bookings states. They carry what mails and reports need, and no secrets."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bookings.models import Booking, Ticket
from bus.facts import Fact, states


@dataclass(frozen=True, kw_only=True)
class FactItem:
    """Seats of one ticket type."""

    ticket_type_id: UUID
    name: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class BookingFact(Fact):
    """What every fact of a booking tells."""

    booking_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    organizer_id: UUID
    starts_at: datetime
    time_zone: str
    city: str
    venue: str
    seats: int
    amount: Decimal
    currency: str
    items: list[FactItem]
    reason: str = ""


@states("bookings.booking.held.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingHeld(BookingFact):
    """Seats are held for a person until `hold_expires_at`."""

    hold_expires_at: datetime


@states("bookings.booking.confirmed.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingConfirmed(BookingFact):
    """Seats are sold: paid for, or free."""


@states("bookings.booking.expired.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingExpired(BookingFact):
    """A hold has ended without a payment; its seats are free again."""


@states("bookings.booking.cancelled.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingCancelled(BookingFact):
    """A booking was cancelled; `refund` of its currency goes back."""

    cancelled_by: str
    refund: Decimal


@states("bookings.booking.attended.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingAttended(BookingFact):
    """The person came: a ticket was checked in, or the event ended and the booking counts."""


@states("bookings.booking.refunded.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingRefunded(BookingFact):
    """Money has gone back to who paid; `why` is cancelled, late_payment, paid_twice, goodwill and so on."""

    refund_id: UUID
    refund: Decimal
    why: str


@states("bookings.booking.changed.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingChanged(BookingFact):
    """A confirmed booking has other seats now; `refund` of its currency goes back, or `paid` came for them besides."""

    refund: Decimal
    paid: Decimal


@states("bookings.booking.offered.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class WaitingListOffered(BookingFact):
    """Seats were freed for a person on the waiting list and are held until `hold_expires_at`."""

    hold_expires_at: datetime


@states("bookings.booking.transferred.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class TicketTransferred(BookingFact):
    """A ticket of this booking was handed over: `receiver_id` has a booking of their own now."""

    ticket_id: UUID
    receiver_id: UUID
    receiver_booking_id: UUID


@states("bookings.ticket.checked_in.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class TicketCheckedIn(Fact):
    """A ticket has opened the door."""

    ticket_id: UUID
    booking_id: UUID
    event_id: UUID
    ticket_type_id: UUID
    checked_in_at: datetime
    gate: str


@states("bookings.ticket.check_in_undone.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class TicketCheckInUndone(Fact):
    """A scan was a mistake; the ticket opens the door again."""

    ticket_id: UUID
    booking_id: UUID
    event_id: UUID
    undone_at: datetime


@states("bookings.booking.attendance_undone.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingAttendanceUndone(BookingFact):
    """The only scan of a booking was a mistake: it is confirmed again, and not attended."""


@states("bookings.booking.moved.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookingMoved(BookingFact):
    """An administrator has moved a confirmed booking to another event: `event_id`; the old tickets are void."""

    previous_event_id: UUID


@states("bookings.booking.written_to.v1", key="booking_id")
@dataclass(frozen=True, kw_only=True)
class BookerWrittenTo(Fact):
    """The organizer has written to everybody who booked; this is for one of them."""

    message_id: UUID
    booking_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    organizer_name: str
    subject: str
    text: str


def told_of(booking: Booking) -> dict[str, Any]:
    """Return the fields of BookingFact; `booking` has its event and items at hand."""
    event = booking.event
    return {
        "booking_id": booking.id,
        "user_id": booking.user_id,
        "event_id": booking.event_id,
        "event_title": event.title,
        "organizer_id": event.organizer_id,
        "starts_at": event.starts_at,
        "time_zone": event.time_zone,
        "city": event.city,
        "venue": event.venue,
        "seats": booking.seats,
        # Who was handed a ticket has paid nothing for it.
        "amount": Decimal(0) if booking.source_id else booking.amount,
        "currency": booking.currency,
        "items": [
            FactItem(ticket_type_id=item.ticket_type_id, name=item.name, quantity=item.quantity)
            for item in booking.items.all()
        ],
        "reason": booking.cancel_reason,
    }


def told_of_ticket(ticket: Ticket, *, event_id: UUID, checked_in_at: datetime, gate: str) -> dict[str, Any]:
    """Return the fields of TicketCheckedIn."""
    return {
        "ticket_id": ticket.id,
        "booking_id": ticket.booking_id,
        "event_id": event_id,
        "ticket_type_id": ticket.ticket_type_id,
        "checked_in_at": checked_in_at,
        "gate": gate,
    }
