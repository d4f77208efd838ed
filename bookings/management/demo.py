"""The demo's bookings: people who have been somewhere, people who will go, an event that is full and one nearly so.

The crowd's bookings are written as rows, past ones too; those of the accounts to sign in with are made by the services,
with facts, mails and all. Ids come from names, so a second run finds everything in its place.
"""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from bookings.models import Booking, BookingItem, Payment, SandboxPayment, Ticket
from bookings.models.ticket_code import new_code
from bookings.providers.port import ProviderPayment
from bookings.services.hold_seats import hold_seats
from bookings.services.settle_payment import settle_payment
from common.money import Money
from events.models import Event, EventAccess, TicketType

NAMESPACE = uuid.UUID("0d5f3f0c-52a7-5b0e-8f4e-6d0c2b7a1e55")
SMALLEST_CROWD, LARGEST_CROWD = 3, 12
FULLEST_PERCENT = 60
# How many seats are left of the events that play these roles.
LEFT = {"soldout": 0, "few": 2}
ROOM_TO_SPARE = 5
HOLD = timedelta(minutes=15)
KEPT_FREE = ("bookable", "free")


@dataclass
class Rows:
    """What is to be written, table by table."""

    bookings: list[Booking] = field(default_factory=list)
    items: list[BookingItem] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    sandbox_payments: list[SandboxPayment] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    access: list[EventAccess] = field(default_factory=list)

    def write(self) -> None:
        Booking.objects.bulk_create(self.bookings)
        BookingItem.objects.bulk_create(self.items)
        Ticket.objects.bulk_create(self.tickets)
        SandboxPayment.objects.bulk_create(self.sandbox_payments)
        Payment.objects.bulk_create(self.payments)
        EventAccess.objects.bulk_create(self.access, ignore_conflicts=True)
        for item in self.items:
            TicketType.objects.filter(id=item.ticket_type_id).update(sold=F("sold") + item.quantity)
        for booking in self.bookings:
            Event.objects.filter(id=booking.event_id).update(sold=F("sold") + booking.seats)


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Make what is missing and return the finished event that the account `user` attended."""
    now = timezone.now()
    people = [uuid.UUID(one) for one in known["demo_people"]]
    user, user2 = (uuid.UUID(known["accounts"][role]["id"]) for role in ("user", "user2"))
    finished = list(_events(Event.Status.FINISHED).order_by("-starts_at", "id"))
    # First those whose organizer can sign in and answer a review.
    finished.sort(key=lambda event: str(event.organizer_id) != known.get("demo_organizer_id"))
    upcoming = list(_events(Event.Status.PUBLISHED).filter(starts_at__gt=now).order_by("starts_at", "id"))
    if not Booking.objects.exists():
        for number, event in enumerate(finished):
            accounts = {0: [user, user2], 1: [user2]}.get(number, [])
            _attend(event, [*accounts, *_some(people, event)])
        _fill_up(upcoming, people, left=_left(known))
        _book(user, [one for one in upcoming if one.id not in _spoken_of(known)][:40], now, how_many=2)
    return {"demo_attended_event": str(finished[0].id)} if finished else {}


def _events(status: str) -> Any:
    return Event.objects.filter(status=status).prefetch_related("ticket_types")


def _spoken_of(known: dict[str, Any]) -> set[uuid.UUID]:
    """Return the events that journeys book: they keep their seats, and the accounts keep away from them."""
    roles = known.get("demo_events", {})
    return {uuid.UUID(roles[role]) for role in KEPT_FREE if role in roles}


def _some(people: list[uuid.UUID], event: Event) -> list[uuid.UUID]:
    """Choose the crowd of an event, the same on each run."""
    dice = random.Random(event.slug)  # noqa: S311  (which people come to a demo's event is no secret)
    return dice.sample(people, min(len(people), dice.randint(SMALLEST_CROWD, LARGEST_CROWD)))


def _attend(event: Event, people: Iterable[uuid.UUID]) -> None:
    rows = Rows()
    types = sorted(event.ticket_types.all(), key=lambda one: one.position)
    free = {kind.id: kind.capacity - kind.sold for kind in TicketType.objects.filter(event=event)}
    for number, person in enumerate(people):
        kind = types[number % len(types)]
        seats = min(1 + number % 2, free[kind.id])
        if not seats:
            continue
        free[kind.id] -= seats
        booked_at = event.starts_at - timedelta(days=20 - number % 15, hours=number)
        _add(rows, person, event, {kind: seats}, booked_at=booked_at, attended_at=event.ends_at)
    rows.write()


def _left(known: dict[str, Any]) -> dict[uuid.UUID, int]:
    """Return how many seats are to be left, by event."""
    roles = known.get("demo_events", {})
    return {uuid.UUID(roles[role]): seats for role, seats in LEFT.items() if role in roles}


def _fill_up(upcoming: list[Event], people: list[uuid.UUID], *, left: dict[uuid.UUID, int]) -> None:
    """Sell one event out, leave two seats in another, and let some people come to the rest."""
    for event in upcoming:
        if event.id in left:
            _sell(event, people, seats=_capacity(event) - left[event.id])
        else:
            crowd = _some(people, event)
            _sell(event, crowd, seats=min(2 * len(crowd), _capacity(event) * FULLEST_PERCENT // 100))


def _capacity(event: Event) -> int:
    of_types = sum(one.capacity for one in event.ticket_types.all())
    return of_types if event.capacity is None else min(of_types, event.capacity)


def _sell(event: Event, people: list[uuid.UUID], *, seats: int) -> None:
    """Sell so many seats, dealt out to the people, type after type."""
    rows = Rows()
    free = {kind: kind.capacity for kind in sorted(event.ticket_types.all(), key=lambda one: one.position)}
    for number, person in enumerate(people):
        share = max(1 + number % 3, -(-seats // (len(people) - number)))
        wanted: dict[TicketType, int] = {}
        for kind, seats_free in free.items():
            take = min(share, seats, seats_free, kind.max_per_booking)
            if take >= kind.min_per_booking:
                wanted[kind] = take
                free[kind] -= take
                share -= take
                seats -= take
        if wanted:
            booked_at = min(event.starts_at, timezone.now()) - timedelta(days=1 + number % 9, hours=number)
            _add(rows, person, event, wanted, booked_at=booked_at)
    rows.write()


def _add(
    rows: Rows,
    person: uuid.UUID,
    event: Event,
    wanted: dict[TicketType, int],
    *,
    booked_at: datetime,
    attended_at: datetime | None = None,
) -> None:
    total = sum((kind.money * quantity for kind, quantity in wanted.items()), Money.zero(event.currency))
    booking = Booking(
        id=uuid.uuid5(NAMESPACE, f"{event.id}/{person}"),
        user_id=person,
        event=event,
        status=Booking.Status.ATTENDED if attended_at else Booking.Status.CONFIRMED,
        seats=sum(wanted.values()),
        amount=total.amount,
        currency=total.currency,
        refund_policy=event.refund_policy,
        cancellable_hours_before=event.cancellable_hours_before,
        hold_expires_at=booked_at + HOLD,
        confirmed_at=booked_at + timedelta(minutes=2),
        attended_at=attended_at,
        created_at=booked_at,
    )
    rows.bookings.append(booking)
    rows.access.append(EventAccess(user_id=person, event_id=event.id))
    for kind, quantity in wanted.items():
        rows.items.append(
            BookingItem(
                booking=booking,
                ticket_type=kind,
                name=kind.name,
                quantity=quantity,
                unit_price=kind.price,
                currency=kind.currency,
            )
        )
        rows.tickets += [Ticket(booking=booking, ticket_type=kind, code=new_code()) for _ in range(quantity)]
    if total:
        _add_payment(rows, booking)


def _add_payment(rows: Rows, booking: Booking) -> None:
    """The sandbox knows these payments too: cancelling such a booking gives its money back."""
    payment = Payment(
        id=uuid.uuid5(NAMESPACE, f"payment/{booking.id}"),
        booking=booking,
        provider="sandbox",
        status=Payment.Status.SUCCEEDED,
        amount=booking.amount,
        currency=booking.currency,
        next_attempt_at=booking.created_at,
        settled_at=booking.confirmed_at,
        created_at=booking.created_at,
    )
    sandbox_payment = SandboxPayment(
        idempotency_key=str(payment.id),
        amount=booking.amount,
        currency=booking.currency,
        description=booking.event.title,
        return_url="http://localhost/",
        status=SandboxPayment.Status.SUCCEEDED,
    )
    payment.provider_payment_id = str(sandbox_payment.id)
    rows.payments.append(payment)
    rows.sandbox_payments.append(sandbox_payment)


def _book(person: uuid.UUID, events: list[Event], now: datetime, *, how_many: int) -> None:
    """Book as a person would: hold, pay, confirmed."""
    for event in events:
        kind = next((one for one in TicketType.objects.filter(event=event, price__gt=0) if _sells(one, now)), None)
        if kind is None or how_many == 0:
            continue
        how_many -= 1
        booking = hold_seats(user_id=person, event_id=event.id, quantities={kind.id: 2}, hold_for=HOLD, now=now)
        rows = Rows()
        _add_payment(rows, booking)
        [payment] = rows.payments
        payment.status, payment.settled_at, payment.next_attempt_at = Payment.Status.PENDING, None, now
        rows.write()
        told = ProviderPayment(
            id=payment.provider_payment_id, key=str(payment.id), outcome="succeeded", amount=payment.money
        )
        settle_payment(payment=payment, told=told, now=now)


def _sells(kind: TicketType, now: datetime) -> bool:
    opens_at, closes_at = kind.sale_opens_at or now, kind.sale_closes_at or kind.event.starts_at
    roomy = kind.event.capacity is None or kind.event.capacity - kind.event.held - kind.event.sold >= ROOM_TO_SPARE
    fits = kind.min_per_booking <= 2 <= kind.max_per_booking
    return (
        opens_at <= now < closes_at and kind.available >= ROOM_TO_SPARE and roomy and fits and kind.price > Decimal(0)
    )
