"""Bookings in each state of their life, made by the services that make them."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from bookings.models import Booking, Payment, Ticket
from bookings.providers.port import ProviderPayment
from bookings.services.hold_seats import hold_seats
from bookings.services.quote_seats import FULL_PRICE, Wish
from bookings.services.settle_payment import settle_payment
from common.ids import new_id
from common.money import Money
from common.transactions import use_case
from events.models import Event, TicketType
from tests.factories.accounts import make_user
from tests.factories.events import make_ticket_type

HOLD = timedelta(minutes=15)


def hold(
    *,
    user: User | None = None,
    ticket_type: TicketType | None = None,
    seats: int = 1,
    now: datetime | None = None,
    quantities: dict[uuid.UUID, int] | None = None,
    event: Event | None = None,
    wish: Wish = FULL_PRICE,
) -> Booking:
    """Hold seats, of one type or of several."""
    now = now or timezone.now()
    if quantities is None:
        ticket_type = ticket_type or make_ticket_type()
        quantities = {ticket_type.id: seats}
    event_id = event.id if event else ticket_type.event_id
    with use_case():
        booking = hold_seats(
            user_id=(user or make_user()).id,
            event_id=event_id,
            quantities=quantities,
            wish=wish,
            hold_for=HOLD,
            now=now,
        )
    return Booking.objects.told().get(id=booking.id)


def make_payment(*, booking: Booking, **fields: Any) -> Payment:
    """Make an open payment that the provider knows."""
    fields.setdefault("provider", "sandbox")
    fields.setdefault("provider_payment_id", str(new_id()))
    fields.setdefault("status", Payment.Status.PENDING)
    fields.setdefault("amount", booking.amount)
    fields.setdefault("currency", booking.currency)
    fields.setdefault("next_attempt_at", timezone.now() + timedelta(minutes=1))
    return Payment.objects.create(booking=booking, **fields)


def told(payment: Payment, outcome: str, *, amount: Decimal | None = None) -> ProviderPayment:
    """What the provider says about a payment."""
    return ProviderPayment(
        id=payment.provider_payment_id or f"p-{payment.id}",
        key=str(payment.id),
        outcome=outcome,  # type: ignore[arg-type]
        amount=Money(payment.amount if amount is None else amount, payment.currency),
    )


def settle(payment: Payment, outcome: str = "succeeded", *, now: datetime | None = None) -> None:
    """Let the provider tell how it went."""
    with use_case():
        settle_payment(payment=payment, told=told(payment, outcome), now=now or timezone.now())


def confirm(*, now: datetime | None = None, **wanted: Any) -> Booking:
    """Hold seats and pay for them."""
    booking = hold(now=now, **wanted)
    if booking.status == Booking.Status.HELD:
        settle(make_payment(booking=booking), now=now)
    return Booking.objects.told().get(id=booking.id)


def tickets_of(booking: Booking) -> list[Ticket]:
    return list(Ticket.objects.of_booking(booking.id).order_by("id"))


def seats_of(row: Event | TicketType) -> tuple[int, int]:
    """Return (held, sold) as the database has them."""
    row.refresh_from_db()
    return row.held, row.sold
