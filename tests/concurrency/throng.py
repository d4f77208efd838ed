"""People who do everything that can be done with bookings, at random, and what must be true afterwards."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import IntegrityError
from django.db.models import Sum
from django.utils import timezone

from accounts.models import AccountMail, User
from bookings.models import Booking, BookingChange, Payment, Refund, Ticket, WaitingEntry
from bookings.models.lifecycle import ACTIVE, SOLD
from bookings.services.cancel_booking import cancel_booking
from bookings.services.change_booking import change_booking
from bookings.services.check_in_ticket import check_in_ticket
from bookings.services.check_seats import check_seats
from bookings.services.claim_ticket import claim_ticket
from bookings.services.end_change import expire_changes
from bookings.services.expire_holds import expire_holds
from bookings.services.join_waiting_list import join_waiting_list
from bookings.services.leave_waiting_list import leave_waiting_list
from bookings.services.offer_ticket import offer_ticket
from bookings.services.quote_seats import Wish
from bookings.services.serve_waiting_lists import serve_waiting_lists
from common.problems import Problem
from common.transactions import use_case
from events.actors import Actor
from events.models import Event, PromoCode, TicketType
from events.services.change_ticket_type import change_ticket_type
from tests.factories.bookings import HOLD, hold, make_payment, settle

# Whatever else is refused, or goes wrong, is a defect.
ORDINARY = {
    *("already_booked", "already_waiting", "cancellation_closed", "change_in_progress", "hold_expired"),
    *("invalid_transition", "not_found", "nothing_to_change", "promo_exhausted", "seats_available", "sold_out"),
    *("ticket_already_used", "ticket_on_its_way", "ticket_cancelled", "tickets_on_their_way"),
    *("ticket_replaced", "ticket_refunded", "changed_since_handed_over"),
    # To whoever changes the number of seats.
    *("capacity_taken", "stale_version"),
}


@dataclass
class Throng:
    """A seed decides what each of them does; the threads decide in which order it happens."""

    kinds: list[TicketType]
    people: list[User]
    door: User
    organizer: Actor
    promo_code: str = ""

    def act(self, seed: int, times: int) -> None:
        dice = random.Random(seed)
        doings = {
            self.book: 6,
            self.pay: 6,
            self.fail: 1,
            self.expire: 2,
            self.cancel: 2,
            self.change: 3,
            self.give: 2,
            self.receive: 2,
            self.wait: 3,
            self.leave: 1,
            self.scan: 1,
            self.serve: 1,
            self.resize: 1,
        }
        for _ in range(times):
            [doing] = dice.choices(list(doings), list(doings.values()))
            try:
                doing(dice)
            except Problem as refusal:
                if refusal.code not in ORDINARY:
                    raise

    def book(self, dice: random.Random) -> None:
        event_id, wanted = self._wanted(dice)
        wish = Wish(promo_code=self.promo_code) if self.promo_code and dice.random() < 0.5 else Wish()
        # Some hold for a moment only: their payments will come late.
        now = timezone.now() - dice.choice([timedelta(0), timedelta(0), HOLD])
        hold(user=dice.choice(self.people), event=Event(id=event_id), quantities=wanted, now=now, wish=wish)

    def pay(self, dice: random.Random) -> None:
        """Let a provider tell of a payment: for a hold in any state, for a change, or once more for an old one."""
        open_change = BookingChange.objects.order_by("?").first() if dice.random() < 0.4 else None
        booking = open_change.booking if open_change else self._any(dice)
        if booking is None:
            return
        due = open_change or booking
        payment = Payment.objects.filter(booking=booking, change=open_change).order_by("?").first()
        if payment is None and due.amount:
            payment = make_payment_once(booking=booking, change=open_change, amount=due.amount)
        for _ in range(dice.randint(1, 2) if payment else 0):
            settle(payment)

    def fail(self, dice: random.Random) -> None:
        payment = Payment.objects.order_by("?").first()
        if payment:
            settle(payment, "failed")

    def expire(self, dice: random.Random) -> None:
        expire_holds(now=timezone.now())
        expire_changes(now=timezone.now() + dice.choice([timedelta(0), HOLD]))

    def cancel(self, dice: random.Random) -> None:
        booking = self._any(dice)
        if booking:
            with use_case():
                cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

    def change(self, dice: random.Random) -> None:
        booking = self._any(dice, status="confirmed")
        if booking:
            _event_id, wanted = self._wanted(dice, booking.event_id)
            with use_case():
                change_booking(
                    user_id=booking.user_id,
                    booking_id=booking.id,
                    quantities=wanted,
                    hold_for=HOLD,
                    now=timezone.now(),
                )

    def give(self, dice: random.Random) -> None:
        booking = self._any(dice, status="confirmed")
        ticket = Ticket.objects.valid().filter(booking=booking).order_by("?").first()
        if booking and ticket:
            with use_case():
                offer_ticket(
                    user_id=booking.user_id,
                    booking_id=booking.id,
                    ticket_id=ticket.id,
                    email="friend@example.com",
                    now=timezone.now(),
                )

    def receive(self, dice: random.Random) -> None:
        mail = AccountMail.objects.filter(recipient="friend@example.com").order_by("?").first()
        if mail:
            [token] = re.findall(r"/tickets/claim/([^/]+)/", mail.text)
            with use_case():
                claim_ticket(user_id=dice.choice(self.people).id, token=token, now=timezone.now())

    def wait(self, dice: random.Random) -> None:
        event_id, wanted = self._wanted(dice)
        with use_case():
            join_waiting_list(
                user_id=dice.choice(self.people).id, event_id=event_id, quantities=wanted, now=timezone.now()
            )

    def leave(self, dice: random.Random) -> None:
        entry = WaitingEntry.objects.filter(status__in=["waiting", "offered"]).order_by("?").first()
        if entry:
            with use_case():
                leave_waiting_list(user_id=entry.user_id, event_id=entry.event_id, now=timezone.now())

    def scan(self, dice: random.Random) -> None:
        ticket = Ticket.objects.order_by("?").select_related("booking").first()
        if ticket:
            with use_case():
                check_in_ticket(
                    staff_id=self.door.id,
                    event_id=ticket.booking.event_id,
                    code=ticket.door_code,
                    gate="North",
                    now=timezone.now(),
                )

    def serve(self, dice: random.Random) -> None:
        serve_waiting_lists(now=timezone.now())

    def resize(self, dice: random.Random) -> None:
        """Let the organizer sell more seats or fewer of a type, while others take, free and are offered them."""
        kind = dice.choice(self.kinds)
        # A type with more seats than its whole event is bad input, not a race.
        most = min(8, kind.event.capacity or 8)
        with use_case():
            change_ticket_type(
                actor=self.organizer,
                event_id=kind.event_id,
                ticket_type_id=kind.id,
                fields={"capacity": dice.randint(2, most)},
            )

    def _wanted(self, dice: random.Random, event_id: Any = None) -> tuple[Any, dict[Any, int]]:
        event_id = event_id or dice.choice(self.kinds).event_id
        kinds = [one for one in self.kinds if one.event_id == event_id]
        return event_id, {one.id: dice.randint(1, 3) for one in dice.sample(kinds, dice.randint(1, len(kinds)))}

    def _any(self, dice: random.Random, **fields: Any) -> Booking | None:
        """Return a booking of somebody, or any that is in the wanted state: those are rare."""
        rows = Booking.objects.filter(**fields) if fields else Booking.objects.filter(user=dice.choice(self.people))
        return rows.order_by("?").first()


def make_payment_once(**fields: Any) -> Payment | None:
    """Make a payment, unless another thread has just made it."""
    try:
        return make_payment(**fields)
    except IntegrityError:
        return None


def check_everything(*, keeps_nothing: bool) -> None:
    """Assert what must be true of all bookings together; `keeps_nothing`: the policy gives all money back."""
    with use_case():
        assert check_seats(now=timezone.now()) == []
    for row in (*TicketType.objects.all(), *Event.objects.all()):
        assert row.held + row.sold <= row.capacity
    for booking in Booking.objects.all():
        valid = Ticket.objects.of_booking(booking.id).valid().count()
        assert valid == (booking.seats if booking.status in SOLD else 0)
        assert booking.seats == booking.items.aggregate(all=Sum("quantity"))["all"]
    for payer in Booking.objects.filter(source=None):
        _money_is_conserved(payer, keeps_nothing)
    for promo in PromoCode.objects.all():
        users = Booking.objects.filter(promo_code=promo, source=None)
        kept = users.filter(status__in=ACTIVE).count() + users.filter(cancelled_by="transfer").count()
        assert promo.used == kept == sum(promo.uses.values_list("used", flat=True))
        assert promo.total_limit is None or promo.used <= promo.total_limit
    for entry in WaitingEntry.objects.filter(status="offered").select_related("booking"):
        assert (entry.booking.status, entry.booking.is_offer) == ("held", True)


def _money_is_conserved(payer: Booking, keeps_nothing: bool) -> None:
    family = Booking.objects.filter(source=payer) | Booking.objects.filter(id=payer.id)
    # Who was handed a ticket may have paid for a dearer one.
    payments = list(Payment.objects.succeeded().filter(booking__in=family))
    paid = sum((one.amount for one in payments), Decimal(0))
    refunded = sum((one.amount for one in Refund.objects.filter(payment__in=payments)), Decimal(0))
    assert refunded == sum((one.refunded for one in payments), Decimal(0))
    worth = sum((one.amount for one in family.filter(status__in=SOLD)), Decimal(0))
    kept = paid - refunded
    assert kept == worth if keeps_nothing else kept >= worth


def everybody(doing: Callable[..., None], *, threads: int, seed: int, times: int) -> list[partial[None]]:
    return [partial(doing, seed * 100 + number, times) for number in range(threads)]
