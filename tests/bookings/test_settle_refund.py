from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from bookings.models import Booking, Payment, Refund
from bookings.providers.port import ProviderRefund
from bookings.services.promise_refund import promise_refund
from bookings.services.settle_refund import RefundMismatch, settle_refund
from bus.models import OutboxRow
from common.money import Money
from common.transactions import use_case
from tests.factories.bookings import confirm, seats_of, tickets_of

pytestmark = pytest.mark.django_db

UNKNOWN = "01976e40-1c55-7a02-b3c4-0242ac120002"


def promise(booking: Booking, amount: str) -> Refund:
    with use_case():
        promise_refund(
            booking=booking,
            amount=Money(Decimal(amount), "RUB"),
            reason=Refund.Reason.GOODWILL,
            actor_id=None,
            now=timezone.now(),
        )
    return Refund.objects.get()


def told(refund: Refund | None, outcome: str = "succeeded", **fields: Any) -> ProviderRefund:
    if refund is not None:
        fields = {"key": refund.provider_key, "amount": refund.money} | fields
    return ProviderRefund(**{"id": "r-1", "key": "", "outcome": outcome} | fields)  # type: ignore[arg-type]


def settle(notice: ProviderRefund) -> None:
    with use_case():
        settle_refund(provider="sandbox", account_id=None, told=notice, now=timezone.now())


class TestOwnRefund:
    def test_is_done_once_however_often_it_is_told(self) -> None:
        refund = promise(confirm(), "300.00")

        for _ in range(3):
            settle(told(refund))

        refund.refresh_from_db()
        assert (refund.status, refund.provider_refund_id) == ("succeeded", "r-1")
        assert OutboxRow.objects.filter(wire_type="bookings.booking.refunded.v1").count() == 1

    def test_of_a_part_leaves_the_tickets_valid(self) -> None:
        booking = confirm(seats=2)

        settle(told(promise(booking, "300.00")))

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert [ticket.voided_at for ticket in tickets_of(booking)] == [None, None]
        assert seats_of(booking.event) == (0, 2)

    def test_fails_for_a_person_to_look_at_when_the_bank_sends_it_back(self) -> None:
        refund = promise(confirm(), "300.00")
        settle(told(refund))

        settle(told(refund, "failed", failure="lost_or_stolen_card"))

        refund.refresh_from_db()
        assert (refund.status, refund.refusals) == ("failed", 1)
        assert "lost_or_stolen_card" in refund.last_error

    def test_listens_to_its_newest_attempt_only(self) -> None:
        refund = promise(confirm(), "300.00")
        old = told(refund, "failed")
        settle(old)

        settle(old)

        refund.refresh_from_db()
        assert refund.refusals == 1

    def test_stops_at_another_amount(self) -> None:
        with pytest.raises(RefundMismatch):
            settle(told(promise(confirm(), "300.00"), amount=Money(Decimal(1), "RUB")))

    @pytest.mark.parametrize("key", ["nonsense", UNKNOWN, f"{UNKNOWN}-7"])
    def test_stops_at_a_key_that_is_none(self, key: str) -> None:
        with pytest.raises(RefundMismatch):
            settle(told(None, key=key, amount=Money(Decimal(1), "RUB")))


class TestRefundMadeElsewhere:
    def test_is_written_down_once_and_cancels_nothing(self) -> None:
        booking = confirm()
        payment = booking.payments.get()
        elsewhere = told(None, amount=Money(Decimal(400), "RUB"), provider_payment_id=payment.provider_payment_id)

        for _ in range(2):
            settle(elsewhere)

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert Payment.objects.get().refunded == Decimal(400)
        assert [(one.amount, one.reason, one.status) for one in Refund.objects.all()] == [
            (Decimal(400), "at_provider", "succeeded")
        ]
        assert AuditEntry.objects.filter(action="bookings.refund").count() == 1

    def test_is_found_by_our_own_id(self) -> None:
        payment = confirm().payments.get()

        settle(told(None, amount=payment.money, payment_key=str(payment.id)))

        assert Payment.objects.get().refunded == payment.amount

    def test_counts_when_it_is_done(self) -> None:
        payment = confirm().payments.get()

        settle(told(None, "pending", amount=payment.money, payment_key=str(payment.id)))

        assert not Refund.objects.exists()

    def test_stops_at_more_than_is_left(self) -> None:
        booking = confirm()
        promise(booking, "700.00")
        payment = booking.payments.get()

        with pytest.raises(RefundMismatch):
            settle(told(None, amount=Money(Decimal(400), "RUB"), payment_key=str(payment.id)))

    def test_stops_at_a_payment_of_somebody_else(self) -> None:
        with pytest.raises(RefundMismatch):
            settle(told(None, amount=Money(Decimal(400), "RUB"), provider_payment_id="unknown"))
