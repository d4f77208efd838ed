from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Payment
from bookings.providers import registry
from bookings.services import reconcile_payments as service
from bookings.services.expire_holds import expire_holds
from bookings.services.reconcile_payments import reconcile_payments
from bookings.services.start_payment import FIRST_QUESTION, start_payment
from tests.bookings.providers import ObedientProvider
from tests.factories.bookings import HOLD, hold, make_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> ObedientProvider:
    provider = ObedientProvider()
    monkeypatch.setitem(registry.ADAPTERS, "sandbox", lambda *_: provider)
    return provider


class TestReconcilePayments:
    def test_asks_about_a_payment_whose_webhook_did_not_come(self, provider: ObedientProvider) -> None:
        booking, now = hold(), timezone.now()
        start_payment(
            user_id=booking.user_id, booking_id=booking.id, provider=provider, return_url="https://x.example", now=now
        )
        provider.outcome = "succeeded"

        early = reconcile_payments(now=now)
        due = reconcile_payments(now=now + FIRST_QUESTION)

        booking.refresh_from_db()
        assert (early, due, booking.status) == (0, 1, "confirmed")

    def test_goes_on_after_a_payment_that_makes_no_sense(self, provider: ObedientProvider) -> None:
        now = timezone.now()
        bookings = [hold(), hold()]
        for booking in bookings:
            start_payment(
                user_id=booking.user_id,
                booking_id=booking.id,
                provider=provider,
                return_url="https://x.example",
                now=now,
            )
        Payment.objects.filter(booking=bookings[0]).update(amount=Decimal(1), next_attempt_at=now)
        provider.outcome = "succeeded"

        settled = reconcile_payments(now=now + FIRST_QUESTION)

        for booking in bookings:
            booking.refresh_from_db()
        assert (settled, [one.status for one in bookings]) == (1, ["held", "confirmed"])

    def test_asks_less_and_less_often(self, provider: ObedientProvider) -> None:
        booking, now = hold(), timezone.now()
        start_payment(
            user_id=booking.user_id, booking_id=booking.id, provider=provider, return_url="https://x.example", now=now
        )

        reconcile_payments(now=now + FIRST_QUESTION)
        again = reconcile_payments(now=now + FIRST_QUESTION)

        payment = Payment.objects.get()
        assert (again, payment.attempts, payment.status) == (0, 1, "pending")

    def test_gives_up_an_intent_that_never_reached_the_provider(self, provider: ObedientProvider) -> None:
        now = timezone.now()
        booking = hold(now=now - HOLD)
        payment = make_payment(
            booking=booking,
            provider_payment_id="",
            status=Payment.Status.CREATED,
            lease_expires_at=now - timedelta(minutes=1),
            next_attempt_at=now,
        )
        reconcile_payments(now=now)
        payment.refresh_from_db()
        assert payment.status == "created"

        expire_holds(now=now)
        reconcile_payments(now=now + timedelta(hours=1))

        payment.refresh_from_db()
        assert (payment.status, payment.failure) == ("failed", "never_ordered")

    def test_lets_no_old_intent_stand_before_the_payments_behind_it(
        self, provider: ObedientProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "BATCH", 1)
        now = timezone.now()
        # Its hold was extended by a day: nobody may give it up yet.
        make_payment(
            booking=hold(),
            provider_payment_id="",
            status=Payment.Status.CREATED,
            lease_expires_at=now - timedelta(minutes=1),
            next_attempt_at=now - timedelta(minutes=5),
        )
        booking = hold()
        start_payment(
            user_id=booking.user_id, booking_id=booking.id, provider=provider, return_url="https://x.example", now=now
        )
        provider.outcome = "succeeded"

        settled = [reconcile_payments(now=now + FIRST_QUESTION) for _ in range(2)]

        booking.refresh_from_db()
        assert (settled, booking.status) == ([0, 1], "confirmed")
