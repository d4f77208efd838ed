"""One booking's life, in every order that hypothesis can think of.

The provider keeps books of its own and is heard through the webhook's door only, over HTTP and signed: its notices come
twice, late, in any order, and beside them some that contradict what it has said before.
"""

import json
import os
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bookings.models import Booking, Payment, ProviderWebhook, Refund, SandboxNotice, SandboxPayment, Ticket
from bookings.providers.sandbox import ENDINGS, SandboxProvider, signing_key
from bookings.selectors import list_due_refunds, list_due_webhooks
from bookings.services.apply_provider_webhook import apply_provider_webhook
from bookings.services.cancel_booking import cancel_booking
from bookings.services.change_booking import change_booking
from bookings.services.check_seats import check_seats
from bookings.services.end_change import expire_changes
from bookings.services.expire_holds import expire_holds
from bookings.services.quote_refund import quote_refund
from bookings.services.refund_payment import refund_payment
from bookings.services.start_payment import start_payment
from common.ids import new_id
from common.problems import Problem
from common.transactions import use_case
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, hold
from tests.factories.events import make_event, make_ticket_type

FULL = os.environ.get("SCALE") == "full"
WEBHOOKS = "/api/v1/payments/webhooks/sandbox/"
MOST_PAYMENTS = 5
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
        self.sent: set[str] = set()
        self.kept_by_policy = Decimal(0)

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    @rule(span=st.sampled_from([timedelta(minutes=1), HOLD, timedelta(days=1)]))
    def time_goes_by(self, span: timedelta) -> None:
        self.now += span

    @rule()
    def the_clock_runs(self) -> None:
        expire_holds(now=self.now)
        expire_changes(now=self.now)

    @rule()
    def the_person_goes_to_pay(self) -> None:
        if Payment.objects.filter(booking=self.booking).count() < MOST_PAYMENTS:
            with suppress(Problem):
                start_payment(
                    user_id=self.booking.user_id,
                    booking_id=self.booking.id,
                    provider=SandboxProvider(),
                    return_url="https://shop.example/",
                    now=self.now,
                )

    @rule(which=st.integers(0, 9), ending=st.sampled_from(sorted(ENDINGS)))
    def the_person_pays_or_not(self, which: int, ending: str) -> None:
        pages = list(SandboxPayment.objects.order_by("id"))
        if pages:
            answer = Client().post(f"/sandbox/pay/{pages[which % len(pages)].id}/", {"ending": ending})
            assert answer.status_code == 302

    @rule(which=st.integers(0, 99), times=st.integers(1, 2))
    def a_notice_arrives(self, which: int, times: int) -> None:
        """Any of them: one that is not due yet, or one that has come before."""
        notices = list(SandboxNotice.objects.order_by("id"))
        for _ in range(times if notices else 0):
            self._deliver(notices[which % len(notices)])

    @rule(which=st.integers(0, 9), outcome=st.sampled_from(["failed", "pending"]))
    def the_provider_contradicts_itself(self, which: int, outcome: str) -> None:
        payments = list(SandboxPayment.objects.order_by("id"))
        if payments:
            about = payments[which % len(payments)]
            told = {"id": str(about.id), "key": about.idempotency_key, "status": outcome}
            told["amount"] = {"amount": str(about.amount), "currency": about.currency}  # type: ignore[assignment]
            self._post(f"msg_{new_id().hex}", {"type": "payment.changed", "payment": told})

    @rule(newest_first=st.booleans())
    def the_workers_run(self, newest_first: bool) -> None:
        moment = self._moment()
        due = list_due_webhooks(now=moment, limit=100)
        for webhook_id in reversed(due) if newest_first else due:
            apply_provider_webhook(webhook_id=webhook_id, now=moment)
        for refund_id in list_due_refunds(now=moment, limit=100):
            refund_payment(refund_id=refund_id, now=moment)

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

    @invariant()
    def each_notice_is_stored_once_and_none_fails(self) -> None:
        assert sorted(ProviderWebhook.objects.values_list("notice_id", "last_error")) == [
            (notice_id, "") for notice_id in sorted(self.sent)
        ]

    def _come_to_rest(self) -> None:
        """Everything that is said arrives, everything promised is done: then both books are the same."""
        for notice in SandboxNotice.objects.order_by("-id"):
            self._deliver(notice)
        # A refund makes a notice of its own.
        for _ in range(2):
            self.now += timedelta(hours=1)
            self.the_workers_run(newest_first=True)
        for theirs in SandboxPayment.objects.all():
            ours = Payment.objects.get(id=theirs.idempotency_key)
            assert (ours.status == "succeeded") == (theirs.status == "succeeded")
            assert ours.refunded == theirs.refunded
        assert not Refund.objects.exclude(status="succeeded").exists()
        self.counters_equal_the_bookings()
        self.money_is_conserved()

    def _deliver(self, notice: SandboxNotice) -> None:
        self._post(notice.notice_id, notice.body)

    def _post(self, notice_id: str, body: Any) -> None:
        raw, at = json.dumps(body), timezone.now()
        headers = {
            "webhook-id": notice_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signing_key().sign(notice_id, at, raw),
        }
        answer = Client().post(WEBHOOKS, raw, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content
        self.sent.add(notice_id)

    def _moment(self) -> datetime:
        """Webhooks are received by the wall's clock, which is never ahead of the machine's by more than a run."""
        return max(self.now, timezone.now())

    def _refunded(self) -> Decimal:
        return sum((one.amount for one in Refund.objects.filter(payment__booking=self.booking)), Decimal(0))


@pytest.mark.django_db
def test_a_booking_lives_by_its_rules_whatever_happens() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=200 if FULL else 8,
            stateful_step_count=40 if FULL else 20,
            deadline=None,
            derandomize=not FULL,
            suppress_health_check=list(HealthCheck),
        ),
    )
