"""Tell a person everything that bookings keep about them, as plain data for a file of their own.

Queries don't grow with the number of bookings.
"""

import uuid
from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from bookings.models import Booking, Payment, Refund, Ticket, TicketTransfer, WaitingEntry
from events.models import Answer

BOOKING = ("id", "status", "origin", "seats", "amount", "currency", "points", "discount", "created_at")
STAMPS = ("confirmed_at", "attended_at", "expired_at", "cancelled_at", "cancelled_by", "cancel_reason")
Rows = dict[uuid.UUID, list[dict[str, Any]]]


def export_person(*, user_id: uuid.UUID) -> dict[str, Any]:
    """Return bookings with their tickets, answers, payments, refunds and offers, and the places on waiting lists."""
    mine = Booking.objects.of_user(user_id)
    parts = {
        "items": _by_booking(mine, "items__name", "items__quantity", "items__unit_price"),
        "tickets": _of(Ticket.objects.filter(booking__in=mine), "booking_id", "holder_name", "checked_in_at", "gate"),
        "answers": _of(Answer.objects.filter(user_id=user_id), "booking_id", "prompt", "text", "value", "answered_at"),
        "payments": _of(
            Payment.objects.filter(booking__in=mine),
            "booking_id",
            "provider",
            "status",
            "amount",
            "refunded",
            "settled_at",
        ),
        "refunds": _of(
            Refund.objects.filter(payment__booking__in=mine),
            "payment__booking_id",
            *("reason", "status", "amount", "settled_at"),
        ),
        "offers": _of(
            TicketTransfer.objects.filter(ticket__booking__in=mine),
            "ticket__booking_id",
            *("email", "status", "created_at"),
        ),
    }
    bookings = mine.order_by("created_at", "id").values("event_id", "event__title", *BOOKING, *STAMPS)
    waited = WaitingEntry.objects.filter(user_id=user_id).order_by("joined_at", "id")
    return {
        "bookings": [one | {name: rows.get(one["id"], []) for name, rows in parts.items()} for one in bookings],
        "waiting_lists": list(
            waited.values("event_id", "event__title", "status", "seats", "access_code", "answers", "joined_at")
        ),
    }


def _by_booking(mine: QuerySet[Booking], *names: str) -> Rows:
    """Return the lines of each booking."""
    rows: Rows = defaultdict(list)
    for line in mine.order_by("id", "items__id").values("id", *names):
        rows[line.pop("id")].append({name.partition("__")[2]: value for name, value in line.items()})
    return rows


def _of(lines: QuerySet, booking: str, *names: str) -> Rows:
    """Return columns of rows by the booking that they belong to."""
    rows: Rows = defaultdict(list)
    for line in lines.order_by("id").values(booking, *names):
        rows[line.pop(booking)].append(line)
    return rows
