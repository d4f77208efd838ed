"""Many people, few seats: real threads, real connections, real commits."""

import os
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import OrganizerMember, User
from bookings.models import Booking, Payment, Refund, SeatDrift, Ticket
from bookings.providers.sandbox import SandboxProvider
from bookings.services.cancel_booking import cancel_booking
from bookings.services.cancel_event_bookings import cancel_event_bookings, order_event_cancellation
from bookings.services.check_in_ticket import check_in_ticket
from bookings.services.check_seats import check_seats
from bookings.services.expire_holds import expire_holds
from bookings.services.hold_seats import hold_seats
from bookings.services.promise_refund import RefundExceedsPayment, promise_refund_of_payment
from bookings.services.quote_refund import Paid, refund_of
from bookings.services.start_payment import start_payment
from bus.models import OutboxRow
from common.money import Money
from common.problems import Problem
from common.transactions import use_case
from events.models import Event, TicketType
from events.services.check_sale import EventCancelled
from events.services.take_seats import SeatsSoldOut, take_seats
from tests.concurrency.together import refusals, together
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

INTERLEAVINGS = {"ci": 500, "full": 10_000}[os.environ.get("SCALE", "ci")]
THREADS = 8


def drift() -> list[SeatDrift]:
    with use_case():
        return check_seats(now=timezone.now())


def cancel(booking: Booking) -> Booking:
    with use_case():
        return cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


class TestHolding:
    def test_gives_the_last_ten_seats_to_exactly_ten_of_forty(self) -> None:
        kind = make_ticket_type(capacity=10)
        people = [make_user() for _ in range(40)]

        outcomes = together(*(partial(hold, user=one, ticket_type=kind) for one in people))

        assert Counter(refusals(outcomes)) == {"sold_out": 30}
        assert Booking.objects.filter(status="held").count() == 10
        assert seats_of(kind) == (10, 0)
        assert drift() == []

    def test_keeps_the_capacity_of_the_event_over_all_types(self) -> None:
        event = make_event(capacity=5)
        kinds = [make_ticket_type(event=event, capacity=5) for _ in range(4)]
        people = [make_user() for _ in range(20)]

        outcomes = together(
            *(partial(hold, user=one, ticket_type=kinds[number % 4]) for number, one in enumerate(people))
        )

        assert Counter(refusals(outcomes)) == {"sold_out": 15}
        assert seats_of(event) == (5, 0)

    def test_takes_types_in_any_order_without_a_deadlock_all_or_none(self) -> None:
        event = make_event()
        one, other = make_ticket_type(event=event, capacity=6), make_ticket_type(event=event, capacity=6)
        wishes = [{one.id: 2, other.id: 1}, {other.id: 2, one.id: 1}] * 8

        outcomes = together(*(partial(hold, user=make_user(), event=event, quantities=wish) for wish in wishes))

        assert set(refusals(outcomes)) == {"sold_out"}
        assert Booking.objects.count() == len(wishes) - len(refusals(outcomes))
        assert max(sum(seats_of(one)), sum(seats_of(other))) <= 6
        assert drift() == []

    def test_makes_one_booking_per_person_and_names_it_to_the_others(self) -> None:
        kind, person = make_ticket_type(), make_user()

        outcomes = together(*(partial(hold, user=person, ticket_type=kind) for _ in range(10)))

        [winner] = [one for one in outcomes if isinstance(one, Booking)]
        assert {one.extra["booking_id"] for one in outcomes if isinstance(one, Problem)} == {str(winner.id)}
        assert seats_of(kind) == (1, 0)

    def test_locks_no_ticket_type_of_an_event_that_has_no_room(self) -> None:
        event = make_event(capacity=1)
        kinds = [make_ticket_type(event=event) for _ in range(2)]
        hold(ticket_type=kinds[0])

        def lock_types() -> int:
            with use_case():
                return len(TicketType.objects.filter(event=event).select_for_update(nowait=True))

        with use_case():
            with pytest.raises(SeatsSoldOut):
                take_seats(event_id=event.id, quantities={one.id: 1 for one in kinds})
            outcomes = together(lock_types)

        # Otherwise somebody with the event's row and one of them would wait for the other, and both for ever.
        assert outcomes == [2]
        assert drift() == []

    def test_has_one_effect_per_idempotency_key(self) -> None:
        kind, person = make_ticket_type(capacity=200), make_user()
        body = {"event": str(kind.event_id), "items": [{"ticket_type": str(kind.id), "quantity": 1}]}
        key = {"Idempotency-Key": str(uuid.uuid4())}

        def post() -> list[Any]:
            client = signed_in(person)
            return [client.post("/api/v1/bookings/", body, headers=key) for _ in range(5)]

        answers = [answer for some in together(*[post] * 20) for answer in some]

        assert len(answers) == 100
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert {one.json()["code"] for one in answers if one.status_code == 409} <= {"request_in_progress"}
        [body_of_all] = {answer.content for answer in answers if answer.status_code == 201}
        assert Booking.objects.count() == OutboxRow.objects.filter(wire_type="bookings.booking.held.v1").count() == 1
        assert str(Booking.objects.get().id).encode() in body_of_all
        assert seats_of(kind) == (1, 0)

    def test_a_hold_and_the_events_cancellation_do_not_miss_each_other(self) -> None:
        kind, person = make_ticket_type(), make_user()

        def call_off() -> None:
            with use_case():
                Event.objects.filter(id=kind.event_id).update(status="cancelled", status_reason="storm")
                order_event_cancellation(event_id=kind.event_id, reason="storm", now=timezone.now())

        def hold_while_it_is_called_off() -> None:
            with use_case():
                hold_seats(
                    user_id=person.id,
                    event_id=kind.event_id,
                    quantities={kind.id: 1},
                    hold_for=HOLD,
                    now=timezone.now(),
                )
                # The sale was open when it was checked; another connection cancels before the seats are taken.
                together(call_off)
                together(partial(cancel_event_bookings, event_id=kind.event_id, clock=timezone.now))

        with pytest.raises(EventCancelled):
            hold_while_it_is_called_off()

        assert not Booking.objects.exists()
        assert seats_of(kind) == (0, 0)


class TestEnding:
    def test_expires_each_hold_once(self) -> None:
        kind, now = make_ticket_type(capacity=20), timezone.now()
        for _ in range(20):
            hold(ticket_type=kind, now=now - HOLD)

        counts = together(*[partial(expire_holds, now=now)] * 6)

        assert sum(one for one in counts if isinstance(one, int)) == 20
        assert seats_of(kind) == (0, 0)

    def test_a_payment_and_an_expiry_at_once_lose_neither_seats_nor_money(self) -> None:
        kind, now = make_ticket_type(capacity=10), timezone.now()
        payments = [make_payment(booking=hold(ticket_type=kind, now=now - HOLD)) for _ in range(10)]

        together(*(partial(settle, one) for one in payments), *[partial(expire_holds, now=now)] * 3)

        assert Booking.objects.filter(status="confirmed").count() == 10
        assert (seats_of(kind), drift(), Refund.objects.count()) == ((0, 10), [], 0)

    def test_a_payment_and_a_cancellation_at_once_leave_nothing_paid(self) -> None:
        kind = make_ticket_type(capacity=10)
        bookings = [hold(ticket_type=kind) for _ in range(10)]
        payments = [make_payment(booking=one) for one in bookings]

        outcomes = together(*(partial(settle, one) for one in payments), *(partial(cancel, one) for one in bookings))

        assert refusals(outcomes) == []
        assert seats_of(kind) == (0, 0)
        assert all(one.refunded == one.amount for one in Payment.objects.all())
        assert Refund.objects.count() == 10

    def test_a_booking_is_cancelled_and_refunded_once(self) -> None:
        booking = confirm(seats=2)

        outcomes = together(*[partial(cancel, booking)] * 8)

        assert Counter(refusals(outcomes)) == {"invalid_transition": 7}
        assert Refund.objects.get().amount == booking.amount

    def test_refunds_together_never_exceed_the_payment(self) -> None:
        payment = Payment.objects.get(booking=confirm())

        def promise() -> bool:
            try:
                with use_case():
                    promise_refund_of_payment(
                        payment=payment,
                        amount=Money(Decimal(300), "RUB"),
                        reason=Refund.Reason.CANCELLED,
                        actor_id=None,
                        now=timezone.now(),
                    )
            except RefundExceedsPayment:
                return False
            return True

        assert Counter(together(*[promise] * 8)) == {True: 3, False: 5}

    def test_a_ticket_opens_the_door_once(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        door = make_user()
        OrganizerMember.objects.create(organizer=booking.event.organizer, user=door, role="door")

        def scan() -> Ticket:
            with use_case():
                return check_in_ticket(
                    staff_id=door.id,
                    event_id=booking.event_id,
                    code=ticket.door_code,
                    gate="North",
                    now=timezone.now(),
                )

        outcomes = together(*[scan] * 8)

        assert Counter(refusals(outcomes)) == {"ticket_already_used": 7}


@dataclass
class Crowd:
    """People who book, pay, cancel and dawdle at random; a seed decides what each of them does."""

    kinds: list[TicketType]
    people: list[User]

    def act(self, seed: int, times: int) -> None:
        dice = random.Random(seed)
        for _ in range(times):
            dice.choices([self.book, self.pay, self.tell, self.fail, self.expire, self.cancel], [5, 4, 3, 1, 2, 2])[0](
                dice
            )

    def book(self, dice: random.Random) -> None:
        event_id = dice.choice(self.kinds).event_id
        kinds = [one for one in self.kinds if one.event_id == event_id]
        wanted = {one.id: dice.randint(1, 3) for one in dice.sample(kinds, dice.randint(1, len(kinds)))}
        event = Event(id=event_id)
        # Some hold for a moment only: their payments will come late.
        now = timezone.now() - dice.choice([timedelta(0), HOLD])
        self._allow(
            {"sold_out", "already_booked"},
            partial(hold, user=dice.choice(self.people), event=event, quantities=wanted, now=now),
        )

    def pay(self, dice: random.Random) -> None:
        booking = self._any(dice)
        if booking is None:
            return
        start = partial(
            start_payment,
            user_id=booking.user_id,
            booking_id=booking.id,
            provider=SandboxProvider(),
            return_url="http://shop.example/",
            # Begun in time; told when it is too late for some.
            now=booking.hold_expires_at - timedelta(seconds=1),
        )
        self._allow({"hold_expired", "not_payable", "payment_in_progress"}, start)

    def tell(self, dice: random.Random) -> None:
        payment = Payment.objects.order_by("?").first()
        for _ in range(dice.randint(1, 2) if payment else 0):
            settle(payment)

    def fail(self, dice: random.Random) -> None:
        payment = Payment.objects.order_by("?").first()
        if payment:
            settle(payment, "failed")

    def expire(self, dice: random.Random) -> None:
        expire_holds(now=timezone.now())

    def cancel(self, dice: random.Random) -> None:
        booking = self._any(dice)
        if booking:
            self._allow({"invalid_transition"}, partial(cancel, booking))

    def _any(self, dice: random.Random) -> Booking | None:
        return Booking.objects.filter(user=dice.choice(self.people)).order_by("?").first()

    @staticmethod
    def _allow(codes: set[str], action: Callable[[], Any]) -> None:
        try:
            action()
        except Problem as refusal:
            if refusal.code not in codes:
                raise


class TestInterleavings:
    @pytest.mark.parametrize("seed", [11, 12])
    def test_never_oversell_and_keep_every_rouble(self, seed: int) -> None:
        policy = {"bands": [{"hours_before": 24, "percent": 50}], "fee": "7.00"}
        kinds = []
        for capacity in (8, 15):
            event = make_event(capacity=capacity, refund_policy=policy)
            kinds += [make_ticket_type(event=event, capacity=capacity - 2) for _ in range(2)]
        crowd = Crowd(kinds=kinds, people=[make_user() for _ in range(30)])
        times = INTERLEAVINGS // 2 // THREADS + 1

        together(*(partial(crowd.act, seed * 100 + number, times) for number in range(THREADS)))

        assert drift() == []
        for row in (*TicketType.objects.all(), *Event.objects.all()):
            assert row.held + row.sold <= row.capacity
        for booking in Booking.objects.all():
            self._money_and_tickets_are_right(booking)
        self._all_seats_sell_once_more(kinds)

    @staticmethod
    def _all_seats_sell_once_more(kinds: list[TicketType]) -> None:
        """Whatever the dice have left behind: when everybody has gone, nothing has leaked and everything is free."""
        expire_holds(now=timezone.now() + HOLD)
        for booking in Booking.objects.filter(status="confirmed"):
            cancel(booking)
        assert {seats_of(one) for one in (*kinds, *Event.objects.all())} == {(0, 0)}
        for event in Event.objects.all():
            [one, other] = [kind for kind in kinds if kind.event_id == event.id]
            half = event.capacity // 2
            settle(make_payment(booking=hold(event=event, quantities={one.id: half, other.id: event.capacity - half})))
            assert seats_of(event) == (0, event.capacity)
        assert drift() == []

    @staticmethod
    def _money_and_tickets_are_right(booking: Booking) -> None:
        payments = list(Payment.objects.succeeded().filter(booking=booking))
        kept = sum((one.amount - one.refunded for one in payments), Decimal(0))
        refunded = sum((one.amount for one in Refund.objects.filter(payment__in=payments)), Decimal(0))
        valid = Ticket.objects.of_booking(booking.id).valid().count()
        quote = refund_of(
            policy=booking.refund_policy,
            paid=Paid(money=booking.total),
            starts_at=booking.event.starts_at,
            now=booking.cancelled_at or timezone.now(),
        )

        assert refunded == sum((one.refunded for one in payments), Decimal(0))
        if booking.status == "confirmed":
            assert (kept, valid) == (booking.amount, booking.seats)
        elif booking.status == "cancelled" and booking.confirmed_at:
            assert (kept, valid) == (booking.amount - quote.amount.amount, 0)
        else:
            assert (kept, valid) == (Decimal(0), 0)
