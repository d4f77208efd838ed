from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Booking, Refund
from bookings.providers import registry
from bookings.providers.port import ProviderRefund
from bookings.services.promise_refund import RefundExceedsPayment, promise_refund
from bookings.services.refund_payment import LEASE, MAX_ATTEMPTS, refund_payment
from bookings.services.retry_payment_work import retry_refunds
from bus.models import OutboxRow
from common.money import Money
from common.transactions import use_case
from tests.bookings.providers import ObedientProvider
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> ObedientProvider:
    provider = ObedientProvider()
    monkeypatch.setitem(registry.ADAPTERS, "sandbox", lambda *_: provider)
    return provider


def promise(booking: Booking, amount: str = "300.00") -> Refund:
    with use_case():
        promise_refund(
            booking=booking,
            amount=Money(Decimal(amount), "RUB"),
            reason=Refund.Reason.CANCELLED,
            actor_id=None,
            now=timezone.now(),
        )
    return Refund.objects.order_by("-created_at", "-id").first()


class TestPromiseRefund:
    def test_refuses_more_than_is_left(self) -> None:
        booking = confirm()
        promise(booking, "700.00")

        with pytest.raises(RefundExceedsPayment):
            promise(booking, "300.01")

        assert Refund.objects.count() == 1
        assert booking.payments.get().refunded == Decimal("700.00")


class TestRefundPayment:
    def test_asks_the_provider_once_by_the_refunds_id(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()

        outcomes = [refund_payment(refund_id=refund.id, now=now) for _ in range(2)]

        refund.refresh_from_db()
        assert outcomes == [True, False]
        [order] = provider.refunds
        assert (order.key, order.amount, order.provider_payment_id) == (
            str(refund.id),
            refund.money,
            refund.payment.provider_payment_id,
        )
        assert (refund.status, refund.provider_refund_id) == ("succeeded", f"r-{refund.id}")

    def test_tries_again_later_and_waits_for_a_person_in_the_end(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()
        provider.away = True

        refund_payment(refund_id=refund.id, now=now)
        refund.refresh_from_db()
        assert (refund.status, refund.attempts, refund.lease_expires_at) == ("pending", 1, None)
        assert refund.next_attempt_at > now

        for _ in range(MAX_ATTEMPTS):
            refund.refresh_from_db()
            refund_payment(refund_id=refund.id, now=refund.next_attempt_at)
        refund.refresh_from_db()
        assert (refund.status, refund.attempts, refund.last_error) == ("failed", MAX_ATTEMPTS, "no answer")

    def test_that_breaks_is_put_off_and_waits_for_a_person_in_the_end(
        self, provider: ObedientProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refund, now = promise(confirm()), timezone.now()
        wrong = ProviderRefund(id="r-1", key=str(refund.id), outcome="succeeded", amount=Money(Decimal(1), "RUB"))
        monkeypatch.setattr(provider, "refund", lambda order: wrong)

        for _ in range(MAX_ATTEMPTS):
            assert not refund_payment(refund_id=refund.id, now=now)
            now += timedelta(hours=1)

        refund.refresh_from_db()
        assert (refund.status, refund.provider_refund_id) == ("failed", "")
        assert refund.last_error.startswith("RefundMismatch")

    def test_leaves_a_leased_refund_to_its_worker_until_the_lease_ends(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()
        Refund.objects.filter(id=refund.id).update(lease_expires_at=now + LEASE)

        meanwhile = refund_payment(refund_id=refund.id, now=now + LEASE - timedelta(seconds=1))
        afterwards = refund_payment(refund_id=refund.id, now=now + LEASE)

        assert (meanwhile, afterwards) == (False, True)

    def test_asks_until_a_slow_refund_is_done(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()
        provider.refund_outcome = "pending"
        refund_payment(refund_id=refund.id, now=now)
        refund.refresh_from_db()
        assert (refund.status, refund.provider_refund_id) == ("pending", f"r-{refund.id}")
        provider.refund_outcome = "succeeded"

        done = refund_payment(refund_id=refund.id, now=refund.next_attempt_at)

        assert done
        assert len(provider.refunds) == 1
        assert OutboxRow.objects.filter(wire_type="bookings.booking.refunded.v1").count() == 1

    def test_that_takes_a_bank_weeks_is_asked_about_and_survives_an_outage(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()
        provider.refund_outcome = "pending"
        for _ in range(MAX_ATTEMPTS + 3):
            refund_payment(refund_id=refund.id, now=now)
            now += timedelta(hours=1)
        provider.away = True

        refund_payment(refund_id=refund.id, now=now)

        refund.refresh_from_db()
        assert (refund.status, refund.attempts, refund.polls) == ("pending", 1, MAX_ATTEMPTS + 3)
        provider.away, provider.refund_outcome = False, "succeeded"
        assert refund_payment(refund_id=refund.id, now=refund.next_attempt_at)

    def test_asks_less_and_less_often_about_a_slow_refund(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()
        provider.refund_outcome = "pending"
        pauses = []
        for _ in range(3):
            refund_payment(refund_id=refund.id, now=now)
            refund.refresh_from_db()
            pauses.append(refund.next_attempt_at - now)
            now = refund.next_attempt_at

        assert pauses == [timedelta(seconds=one) for one in (10, 20, 40)]

    def test_uses_a_new_key_after_a_refusal(self, provider: ObedientProvider) -> None:
        refund, now = promise(confirm()), timezone.now()
        provider.refund_outcome = "failed"
        refund_payment(refund_id=refund.id, now=now)
        refund.refresh_from_db()
        assert (refund.status, refund.provider_refund_id) == ("failed", "")
        provider.refund_outcome = "succeeded"

        with use_case():
            retry_refunds(refunds=Refund.objects.all(), actor_id=make_user().id, now=now)
        refund_payment(refund_id=refund.id, now=now)

        refund.refresh_from_db()
        assert refund.status == "succeeded"
        assert [one.key for one in provider.refunds] == [str(refund.id), f"{refund.id}-1"]
