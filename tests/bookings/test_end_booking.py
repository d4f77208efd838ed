from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Booking, Refund
from bookings.services.end_booking import end_booking
from bookings.services.promise_refund import RefundExceedsPayment, refundable_of
from common.money import Money
from common.transactions import use_case
from tests.factories.bookings import confirm, seats_of

pytestmark = pytest.mark.django_db


def end(booking: Booking, refund: Money) -> Booking:
    with use_case():
        return end_booking(
            booking_id=booking.id,
            action="cancel",
            cancelled_by=Booking.CancelledBy.ORGANIZER,
            reason="The bus broke down",
            refund_of=lambda locked: refund,
            refund_reason=Refund.Reason.CANCELLED,
            actor_id=None,
            now=timezone.now(),
        )


class TestEndBooking:
    def test_says_on_whose_behalf_and_why(self) -> None:
        ended = end(confirm(), Money(Decimal("10.00"), "RUB"))

        assert (ended.status, ended.cancelled_by, ended.cancel_reason) == (
            "cancelled",
            "organizer",
            "The bus broke down",
        )
        assert refundable_of(booking=ended) == Money(Decimal("990.00"), "RUB")

    def test_changes_nothing_when_more_is_promised_than_was_paid(self) -> None:
        booking = confirm()

        with pytest.raises(RefundExceedsPayment):
            end(booking, booking.total + Money(Decimal("0.01"), "RUB"))

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert seats_of(booking.event) == (0, 1)
        assert not Refund.objects.exists()
