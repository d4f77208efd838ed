"""One booking's life, in every order that hypothesis can think of: the provider tells anything, twice and too late."""

import os
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bookings.models import Booking, BookingChange, Payment, Refund, Ticket
from bookings.services.cancel_booking import cancel_booking
from bookings.services.change_booking import change_booking
from bookings.services.check_seats import check_seats
from bookings.services.end_change import expire_changes
from bookings.services.expire_holds import expire_holds
from bookings.services.quote_refund import quote_refund
from common.problems import Problem
from common.transactions import use_case
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, hold, make_payment, settle
from tests.factories.events import make_event, make_ticket_type

FULL = os.environ.get("SCALE") == "full"
POLICY = {"bands": [{"hours_before": 100, "percent": 90}, {"hours_before": 30, "percent": 40}], "fee": "3.00"}
# What may follow what; anything else is a defect.
MAY_FOLLOW = {
    "held": {"held", "confirmed", "expired", "cancelled"},
    "confirmed": {"confirmed", "cancelled"},
    "expired": {"expired", "confirmed"},
    "cancelled": {"cancelled"},
}


class Life(RuleBasedStateMachine):
    """Time goes on by minutes and days; the event starts after six days."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.now: datetime = timezone.now()
        event = make_event(refund_policy=POLICY, starts_at=self.now + timedelta(days=6))
        self.kinds = [make_ticket_type(event=event, capacity=4, price=Decimal(price)) for price in (500, 800)]
        self.booking = hold(user=make_user(), event=event, quantities={self.kinds[0].id: 2}, now=self.now)
        self.seen = "held"
        self.kept_by_policy = Decimal(0)

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    @rule(span=st.sampled_from([timedelta(minutes=1), HOLD, timedelta(days=1)]))
    def time_goes_by(self, span: timedelta) -> None:
        self.now += span

    @rule()
    def the_clock_runs(self) -> None:
        expire_holds(now=self.now)
        expire_changes(now=self.now)

    @precondition(lambda self: not Payment.objects.open().filter(booking=self.booking, change=None).exists())
    @rule()
    def a_payment_is_begun(self) -> None:
        if self.booking.amount and Payment.objects.filter(booking=self.booking).count() < 5:
            make_payment(booking=self.booking)

    @rule()
    def a_payment_for_a_change_is_begun(self) -> None:
        change = BookingChange.objects.filter(booking=self.booking).order_by("-created_at").first()
        if change and not Payment.objects.open().filter(change=change).exists() and change.payments.count() < 3:
            make_payment(booking=self.booking, change=change, amount=change.amount)

    @rule(which=st.integers(0, 9), outcome=st.sampled_from(["succeeded", "failed", "pending"]), times=st.integers(1, 2))
    def the_provider_tells(self, which: int, outcome: str, times: int) -> None:
        payments = list(Payment.objects.filter(booking=self.booking).order_by("id"))
        for _ in range(times if payments else 0):
            settle(payments[which % len(payments)], outcome, now=self.now)

    @rule()
    def the_person_cancels(self) -> None:
        before = Booking.objects.told().get(id=self.booking.id)
        quote = quote_refund(booking=before, now=self.now)
        refunded = self._refunded()
        try:
            with use_case():
                cancel_booking(user_id=before.user_id, booking_id=before.id, now=self.now)
        except Problem:
            assert self._refunded() == refunded
            return
        assert self._refunded() - refunded == quote.amount.amount
        if before.status == "confirmed":
            self.kept_by_policy += before.amount - quote.amount.amount

    @rule(cheap=st.integers(0, 3), dear=st.integers(0, 3))
    def the_person_changes(self, cheap: int, dear: int) -> None:
        wanted = {kind.id: seats for kind, seats in zip(self.kinds, (cheap, dear), strict=True) if seats}
        before, refunded = Booking.objects.get(id=self.booking.id), self._refunded()
        try:
            with use_case():
                change_booking(
                    user_id=before.user_id, booking_id=before.id, quantities=wanted, hold_for=HOLD, now=self.now
                )
        except Problem:
            return
        after = Booking.objects.get(id=before.id)
        self.kept_by_policy += before.amount - after.amount - (self._refunded() - refunded)

    @invariant()
    def counters_equal_the_bookings(self) -> None:
        with use_case():
            assert check_seats(now=self.now) == []

    @invariant()
    def money_is_conserved(self) -> None:
        booking = Booking.objects.get(id=self.booking.id)
        paid = sum((one.amount for one in Payment.objects.succeeded().filter(booking=booking)), Decimal(0))
        live = booking.amount if booking.status == "confirmed" else Decimal(0)
        assert paid - self._refunded() == live + self.kept_by_policy

    @invariant()
    def tickets_are_for_seats_that_are_sold(self) -> None:
        booking = Booking.objects.get(id=self.booking.id)
        valid = Ticket.objects.of_booking(booking.id).valid().count()
        assert valid == (booking.seats if booking.status == "confirmed" else 0)

    @invariant()
    def the_status_follows_the_table(self) -> None:
        status = Booking.objects.get(id=self.booking.id).status
        assert status in MAY_FOLLOW[self.seen]
        self.seen = status

    def _refunded(self) -> Decimal:
        return sum((one.amount for one in Refund.objects.filter(payment__booking=self.booking)), Decimal(0))


@pytest.mark.django_db
def test_a_booking_lives_by_its_rules_whatever_happens() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=300 if FULL else 15,
            stateful_step_count=40 if FULL else 20,
            deadline=None,
            derandomize=not FULL,
            suppress_health_check=list(HealthCheck),
        ),
    )
