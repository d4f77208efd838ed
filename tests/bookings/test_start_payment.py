import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking, Payment
from bookings.providers.registry import PaymentsUnavailable
from bookings.services.start_payment import (
    LEASE,
    HoldExpired,
    NotPayable,
    PaymentInProgress,
    start_payment,
)
from common.problems import NotFound
from tests.bookings.providers import ObedientProvider
from tests.factories.bookings import confirm, hold, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> ObedientProvider:
    return ObedientProvider()


def start(booking: Booking, provider: ObedientProvider, *, now: datetime | None = None, **who: uuid.UUID) -> Payment:
    return start_payment(
        user_id=who.get("user_id", booking.user_id),
        booking_id=booking.id,
        provider=provider,
        return_url="https://shop.example/back",
        now=now or timezone.now(),
    )


class TestStartPayment:
    def test_commits_the_intent_and_asks_the_provider_by_its_id(self, provider: ObedientProvider) -> None:
        booking = hold(seats=2)

        payment = start(booking, provider)

        [order] = provider.orders
        assert (order.key, order.amount, order.description) == (str(payment.id), booking.total, booking.event.title)
        assert (payment.status, payment.provider_payment_id) == ("pending", f"p-{payment.id}")
        assert payment.confirmation_url == "https://pay.example/here"

    def test_gives_the_same_payment_again(self, provider: ObedientProvider) -> None:
        booking = hold()

        first, second = start(booking, provider), start(booking, provider)

        assert first.id == second.id
        assert len(provider.orders) == 1

    def test_makes_a_new_payment_after_a_failed_one(self, provider: ObedientProvider) -> None:
        booking = hold()
        failed = start(booking, provider)
        settle(failed, "failed")

        second = start(booking, provider)

        assert second.id != failed.id

    def test_sends_nobody_back_to_a_page_that_was_declined_a_moment_ago(self, provider: ObedientProvider) -> None:
        booking = hold()
        declined = start(booking, provider)
        provider.outcome = "failed"

        second = start(booking, provider)

        declined.refresh_from_db()
        assert (declined.status, declined.settled_at is not None) == ("failed", True)
        assert [one.key for one in provider.orders] == [str(declined.id), str(second.id)]

    def test_confirms_what_was_paid_a_moment_ago_and_takes_no_second_payment(self, provider: ObedientProvider) -> None:
        booking = hold()
        start(booking, provider)
        provider.outcome = "succeeded"

        with pytest.raises(NotPayable):
            start(booking, provider)

        booking.refresh_from_db()
        assert (booking.status, len(provider.orders)) == ("confirmed", 1)

    def test_gives_the_same_payment_again_while_the_provider_cannot_be_asked(self, provider: ObedientProvider) -> None:
        booking = hold()
        first = start(booking, provider)
        provider.away = True

        assert start(booking, provider).id == first.id

    def test_keeps_the_intent_when_the_provider_is_away_and_takes_it_up_again(self, provider: ObedientProvider) -> None:
        booking = hold()
        provider.away = True
        with pytest.raises(PaymentsUnavailable):
            start(booking, provider)
        intent = Payment.objects.get()
        provider.away = False

        payment = start(booking, provider)

        assert (payment.id, payment.status) == (intent.id, "pending")

    def test_lets_one_request_at_a_time_talk_to_the_provider(self, provider: ObedientProvider) -> None:
        booking, now = hold(), timezone.now()

        def second_request(order: object) -> None:
            with pytest.raises(PaymentInProgress):
                start(booking, ObedientProvider(), now=now)

        provider.meanwhile = second_request

        assert start(booking, provider, now=now).status == "pending"

    def test_takes_over_from_a_request_that_died(self, provider: ObedientProvider) -> None:
        booking, now = hold(), timezone.now()

        def die(order: object) -> None:
            raise KeyboardInterrupt

        provider.meanwhile = die
        with pytest.raises(KeyboardInterrupt):
            start(booking, provider, now=now)
        later = ObedientProvider()

        payment = start(booking, later, now=now + LEASE)

        assert payment.status == "pending"
        assert [one.key for one in later.orders] == [one.key for one in provider.orders]

    def test_believes_a_webhook_that_was_faster(self, provider: ObedientProvider) -> None:
        booking = hold()
        provider.meanwhile = lambda order: settle(Payment.objects.get(id=order.key))

        payment = start(booking, provider)

        booking.refresh_from_db()
        assert (payment.status, booking.status) == ("succeeded", "confirmed")
        assert payment.confirmation_url == "https://pay.example/here"

    def test_refuses_a_hold_that_is_over_and_expires_it(self, provider: ObedientProvider) -> None:
        booking = hold()

        with pytest.raises(HoldExpired):
            start(booking, provider, now=booking.hold_expires_at + timedelta(seconds=1))

        booking.refresh_from_db()
        assert booking.status == "expired"
        assert provider.orders == []

    def test_refuses_what_is_paid(self, provider: ObedientProvider) -> None:
        with pytest.raises(NotPayable):
            start(confirm(), provider)

    def test_refuses_somebody_elses_booking(self, provider: ObedientProvider) -> None:
        with pytest.raises(NotFound):
            start(hold(), provider, user_id=uuid.uuid4())
