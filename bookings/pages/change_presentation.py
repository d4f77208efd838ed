"""What the pages around a booking show."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bookings.models import Booking, TicketTransfer
from bookings.pages.addresses import event_address
from bookings.pages.asking import fields_of, seats_to_ask
from bookings.pages.presentation import moment_text, money_text
from bookings.ports import points
from bookings.selectors import (
    find_lapsed_offer,
    find_waiting_entry,
    get_asked,
    get_position,
    list_open_transfers,
    list_ticket_types_on_offer,
    list_tickets_of_booking,
)
from bookings.services.change_booking import check_changeable
from bookings.services.quote_change import quote_change
from bookings.services.quote_seats import Wish, quote_seats
from common.problems import NotFound
from events.actors import Actor
from events.selectors.events import get_readable_event
from events.selectors.questions import list_questions_of_types
from events.services.check_promo_code import PROMO_REFUSALS


def present_quote(
    *,
    user_id: uuid.UUID,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    wish: Wish,
    filled_in: Any,
    now: datetime,
) -> dict[str, Any]:
    """Return the price of seats, and what is asked for each of them with what was filled in already.

    A promo code that doesn't count is said beside its field, and the price is the one without it: the choice stays.
    """
    seats: dict[str, Any] = {"user_id": user_id, "event_id": event_id, "quantities": quantities, "now": now}
    promo_refused = ""
    try:
        quote = quote_seats(**seats, wish=wish)
    except PROMO_REFUSALS as refusal:
        quote, promo_refused = quote_seats(**seats, wish=replace(wish, promo_code="")), _(refusal.title)
    most = points().quote(user_id=user_id, price=quote.subtotal - quote.discount, points_wanted=quote.subtotal.amount)
    event = get_readable_event(actor=Actor(user_id=user_id), event_id=event_id)
    return {
        "event": event,
        "event_url": event_address(event_id, wish.access_code),
        "starts": moment_text(event.starts_at, event.time_zone),
        "wish": wish,
        "promo_refused": promo_refused,
        "seats_to_ask": seats_to_ask(
            [(line.ticket_type, line.name, line.quantity) for line in quote.items], quote.questions, filled_in
        ),
        "lines": [(line, money_text(line.total)) for line in quote.items],
        "quote": quote,
        "discount": money_text(quote.discount),
        "points_worth": money_text(quote.points.worth),
        "points_at_most": most.points,
        "total": money_text(quote.total),
    }


def present_change(
    booking: Booking,
    *,
    quantities: Mapping[uuid.UUID, int],
    access_code: str = "",
    filled_in: Mapping[str, str] | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Return the choice of seats and, once they differ from what the booking has, their price and what is asked."""
    check_changeable(booking=booking, version=None, now=now)
    offered = list_ticket_types_on_offer(
        event_id=booking.event_id, access_code=access_code, also=tuple(booking.quantities)
    )
    shown: dict[str, Any] = {
        "access_code": access_code,
        "booking": booking,
        "event": booking.event,
        "starts": moment_text(booking.event.starts_at, booking.event.time_zone),
        "kinds": [(one, money_text(one.money), quantities.get(one.id, 0)) for one in offered],
        "now_costs": money_text(booking.total),
    }
    if dict(quantities) != booking.quantities:
        quote = quote_change(booking=booking, quantities=quantities, access_code=access_code, now=now)
        lines = [(line.ticket_type, line.name, line.quantity) for line in quote.items]
        present = fields_of(get_asked(user_id=booking.user_id, booking_id=booking.id).given) if quote.questions else {}
        shown |= {
            "quote": quote,
            "seats_to_ask": seats_to_ask(lines, quote.questions, {**present, **dict((filled_in or {}).items())}),
            "total": money_text(quote.total),
            "to_pay": money_text(quote.to_pay),
            "refund": money_text(quote.refund),
        }
    return shown


def present_transfer(booking: Booking, ticket_id: uuid.UUID, *, now: datetime) -> dict[str, Any]:
    """Return the ticket, and to whom it is offered.

    Raises:
        NotFound: the booking has no such ticket.
    """
    tickets = list_tickets_of_booking(user_id=booking.user_id, booking_id=booking.id)
    ticket = next((one for one in tickets if one.id == ticket_id), None)
    if ticket is None:
        raise NotFound()
    offers = list_open_transfers(booking_id=booking.id, now=now)
    offer = next((one for one in offers if one.ticket_id == ticket_id), None)
    return {
        "booking": booking,
        "event": booking.event,
        "ticket": ticket,
        "offer": offer,
        "expires": moment_text(offer.expires_at, booking.event.time_zone) if offer else "",
    }


def present_claim(transfer: TicketTransfer) -> dict[str, Any]:
    booking = transfer.ticket.booking
    return {
        "transfer": transfer,
        "event": booking.event,
        "event_url": event_address(booking.event_id),
        "starts": moment_text(booking.event.starts_at, booking.event.time_zone),
        "giver": booking.user.public_name,
    }


def present_answers(*, user_id: uuid.UUID, booking_id: uuid.UUID) -> dict[str, Any]:
    """Return what is asked for the seats of a booking, filled in as it was answered."""
    asked = get_asked(user_id=user_id, booking_id=booking_id)
    lines = [(item.ticket_type_id, item.name, item.quantity) for item in asked.booking.items.all()]
    return {
        "booking": asked.booking,
        "event": asked.booking.event,
        "starts": moment_text(asked.booking.event.starts_at, asked.booking.event.time_zone),
        "seats_to_ask": seats_to_ask(lines, asked.questions, fields_of(asked.given)),
    }


def present_waiting(
    *,
    user_id: uuid.UUID,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int] | None = None,
    access_code: str = "",
    filled_in: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the place on the list, or what there is to wait for and what is asked for the seats chosen so far."""
    event = get_readable_event(actor=Actor(user_id=user_id), event_id=event_id)
    entry = find_waiting_entry(user_id=user_id, event_id=event_id)
    wanted = quantities or {}
    kinds = list(list_ticket_types_on_offer(event_id=event_id, access_code=access_code))
    lines = [(one.id, one.name, wanted[one.id]) for one in kinds if one.id in wanted]
    questions = list_questions_of_types(event_id=event_id, ticket_type_ids=[kind for kind, _name, _seats in lines])
    return {
        "access_code": access_code,
        "seats_to_ask": seats_to_ask(lines, questions, filled_in or {}) if lines else [],
        "event": event,
        "event_url": event_address(event_id, access_code),
        "starts": moment_text(event.starts_at, event.time_zone),
        "entry": entry,
        "lapsed": None if entry else find_lapsed_offer(user_id=user_id, event_id=event_id),
        "position": get_position(entry=entry) if entry else None,
        "kinds": [(one, money_text(one.money), wanted.get(one.id, 0)) for one in kinds],
    }
