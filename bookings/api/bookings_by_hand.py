"""A booking on the wire, put together by hand: what everybody gets who books, many at a time (ADR 9 says why).

`BookingSerializer` documents the shape and serves lists; a test holds the two together.
"""

from datetime import datetime
from typing import Any

from bookings.models import Booking, BookingItem
from bookings.models.lifecycle import BookingStatus
from common.money import Money


def booking_as_json(booking: Booking) -> dict[str, Any]:
    """Return what `BookingSerializer(booking).data` holds, as JSON has it."""
    event = booking.event
    return {
        "id": str(booking.id),
        "event": {
            "id": str(event.id),
            "title": event.title,
            "status": event.status,
            "starts_at": _moment(event.starts_at),
            "ends_at": _moment(event.ends_at),
            "time_zone": event.time_zone,
            "city": event.city,
            "venue": event.venue,
        },
        "status": booking.status,
        "seats": booking.seats,
        "items": [_item(item) for item in booking.items.all()],
        "promo_code": booking.promo_code.code if booking.promo_code else "",
        "discount": booking.discount_money.as_json(),
        "points": f"{booking.points:.2f}",
        "points_worth": booking.points_money.as_json(),
        "total": booking.total.as_json(),
        "hold_expires_at": _moment(booking.hold_expires_at),
        "next_action": next_action_of(booking),
        "cancellable_until": _moment(booking.cancellable_until),
        "cancelled_by": booking.cancelled_by,
        "cancel_reason": booking.cancel_reason,
        "created_at": _moment(booking.created_at),
        "confirmed_at": _moment(booking.confirmed_at),
        "cancelled_at": _moment(booking.cancelled_at),
        "version": booking.version,
    }


def next_action_of(booking: Booking) -> str:
    """Return what the person has to do: pay, confirm, or nothing."""
    if booking.status != BookingStatus.HELD:
        return "none"
    return "pay" if booking.amount else "confirm"


def _item(item: BookingItem) -> dict[str, Any]:
    return {
        "ticket_type": str(item.ticket_type_id),
        "name": item.name,
        "quantity": item.quantity,
        "price": item.price.as_json(),
        "total": item.total.as_json(),
        "discount": Money(item.discount, item.currency).as_json(),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
