"""What the pages show of bookings: words, money and times in the reader's language and the event's zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno

from bookings.documents.wording import moment_text, money_text
from bookings.models import Booking, Ticket
from bookings.models.lifecycle import ACTIVE, BookingStatus
from bookings.selectors import (
    get_last_payment,
    get_open_change,
    list_open_transfers,
    list_refunds_of_booking,
    list_tickets_of_booking,
)
from bookings.services.answer_questions import count_missing, is_answerable
from bookings.services.cancel_booking import closes_for_changes
from bookings.services.quote_refund import quote_refund
from common.utc_offset import utc_offset_text


@dataclass(frozen=True)
class ShownTicket:
    ticket: Ticket
    qr: str


def present_bookings(bookings: Iterable[Booking], *, now: datetime) -> dict[str, Any]:
    """Return the upcoming and the past bookings, each with its words."""
    shown = [_line(booking) for booking in bookings]
    upcoming = [one for one in shown if one["booking"].status in ACTIVE and one["booking"].event.ends_at > now]
    upcoming.sort(key=lambda one: one["booking"].event.starts_at)
    return {"upcoming": upcoming, "past": [one for one in shown if one not in upcoming]}


def present_booking(booking: Booking, *, time_zone: str, now: datetime) -> dict[str, Any]:
    """Return one booking with everything that its state calls for; `time_zone` is the reader's."""
    shown = _line(booking)
    shown["items"] = [(item, money_text(item.total)) for item in booking.items.all()]
    shown["discount"] = money_text(booking.discount_money)
    shown["points_worth"] = money_text(booking.points_money)
    shown["seconds_left"] = max(0, int((booking.hold_expires_at - now).total_seconds()))
    if booking.status == BookingStatus.HELD:
        until = booking.hold_expires_at.astimezone(ZoneInfo(time_zone))
        shown["pay_before"] = f"{until:%H:%M} ({utc_offset_text(until)})"
        shown["payment"] = get_last_payment(booking_id=booking.id)
    if booking.status in (BookingStatus.CONFIRMED, BookingStatus.ATTENDED):
        tickets = list_tickets_of_booking(user_id=booking.user_id, booking_id=booking.id)
        shown["tickets"] = [ShownTicket(one, qr_code(one.door_code)) for one in tickets]
    if booking.status == BookingStatus.CONFIRMED:
        closes_at = closes_for_changes(booking=booking)
        shown["cancellable"] = now < closes_at
        shown["cancellable_until"] = moment_text(closes_at, booking.event.time_zone)
        offers = list_open_transfers(booking_id=booking.id, now=now)
        shown["on_their_way"] = [one.ticket_id for one in offers]
        shown["change"] = get_open_change(booking_id=booking.id)
        if shown["change"]:
            shown["to_pay"] = money_text(shown["change"].money)
    if is_answerable(booking=booking, now=now):
        shown["missing_answers"] = count_missing(booking=booking)
    shown["renamable"] = booking.status == BookingStatus.CONFIRMED and now < booking.event.starts_at
    if booking.status in (BookingStatus.HELD, BookingStatus.CONFIRMED):
        shown |= _refund(booking, now)
    shown["refunds"] = [(one, money_text(one.money)) for one in list_refunds_of_booking(booking_id=booking.id)]
    return shown


def _refund(booking: Booking, now: datetime) -> dict[str, Any]:
    """Return what comes back now, what a fee takes of it, and what is still to come of the curve."""
    quote = quote_refund(booking=booking, now=now)
    ahead = [point for point in quote.curve if now <= point.until]
    return {
        "quote": quote,
        "refund": money_text(quote.amount),
        "fee": money_text(quote.fee) if quote.fee and quote.rule == "band" else "",
        "curve": [
            (moment_text(point.until, booking.event.time_zone), point.percent.normalize(), money_text(point.amount))
            for point in ahead
        ],
        "nothing_later": bool(ahead) and ahead[-1].until < closes_for_changes(booking=booking),
    }


def qr_code(text: str) -> str:
    """Return a QR code as an SVG data URI, dark on light in every colour scheme: scanners need it."""
    return segno.make(text, error="m").svg_data_uri(scale=4, border=2, dark="#000", light="#fff")


def _line(booking: Booking) -> dict[str, Any]:
    return {
        "booking": booking,
        "event": booking.event,
        "event_url": f"/events/{booking.event_id}/",
        "starts": moment_text(booking.event.starts_at, booking.event.time_zone),
        "total": money_text(booking.total),
    }
