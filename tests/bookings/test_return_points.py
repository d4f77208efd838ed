from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Booking, Refund
from bookings.ports import PointsNotAvailable
from bookings.services.cancel_booking import cancel_booking
from bookings.services.expire_holds import expire_holds
from bookings.services.quote_seats import Wish
from bookings.services.return_points import PointsExceedBooking, return_points
from common.transactions import use_case
from tests.bookings.points import PointsInMemory, purse
from tests.factories.bookings import HOLD, confirm, hold, make_payment, settle
from tests.factories.events import make_event, make_ticket_type

__all__ = ["purse"]

pytestmark = pytest.mark.django_db

HUNDRED = Wish(points=Decimal(100))


def cancel(booking: Booking) -> None:
    with use_case():
        cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())


class TestPoints:
    def test_are_reserved_with_the_hold_and_pay_a_part(self, purse: PointsInMemory) -> None:
        booking = hold(wish=HUNDRED)

        assert (booking.amount, booking.points, booking.points_worth) == (Decimal(900), Decimal(100), Decimal(100))
        assert purse.reserved[booking.id] == (booking.user_id, Decimal(100))
        assert purse.balance(booking.user_id) == Decimal(400)

    def test_are_spent_when_the_money_has_come(self, purse: PointsInMemory) -> None:
        booking = confirm(wish=HUNDRED)

        assert purse.spent[booking.id][1] == Decimal(100)
        assert not purse.reserved

    @pytest.mark.parametrize("ending", ["expiry", "cancellation"])
    def test_are_free_again_when_the_hold_ends(self, purse: PointsInMemory, ending: str) -> None:
        now = timezone.now()
        booking = hold(wish=HUNDRED, now=now - (HOLD if ending == "expiry" else timedelta(0)))

        expire_holds(now=now) if ending == "expiry" else cancel(booking)

        assert (purse.balance(booking.user_id), purse.reserved, purse.spent) == (Decimal(500), {}, {})

    def test_come_back_with_the_refund_in_its_proportion(self, purse: PointsInMemory) -> None:
        event = make_event(refund_policy={"bands": [{"hours_before": 48, "percent": 40}]})
        booking = confirm(ticket_type=make_ticket_type(event=event), wish=HUNDRED)

        cancel(booking)

        booking.refresh_from_db()
        assert (Refund.objects.get().amount, booking.points_returned) == (Decimal(360), Decimal(40))
        assert purse.balance(booking.user_id) == Decimal(440)

    def test_are_taken_again_by_a_late_payment(self, purse: PointsInMemory) -> None:
        now = timezone.now()
        booking = hold(wish=HUNDRED, now=now - HOLD)
        payment = make_payment(booking=booking)
        expire_holds(now=now)

        settle(payment)

        booking.refresh_from_db()
        assert (booking.status, purse.balance(booking.user_id)) == ("confirmed", Decimal(400))

    def test_that_were_used_meanwhile_send_a_late_payment_back(self, purse: PointsInMemory) -> None:
        now = timezone.now()
        booking = hold(wish=HUNDRED, now=now - HOLD)
        payment = make_payment(booking=booking)
        expire_holds(now=now)
        purse.balances[booking.user_id] = Decimal(5)

        settle(payment)

        booking.refresh_from_db()
        assert (booking.status, Refund.objects.get().reason) == ("expired", "late_payment")

    def test_more_than_allowed_are_refused_with_the_reason(self, purse: PointsInMemory) -> None:
        with pytest.raises(PointsNotAvailable) as refusal:
            hold(ticket_type=make_ticket_type(price=Decimal(100)), wish=HUNDRED)

        assert refusal.value.extra == {"available": "50.00", "why": "limit"}
        assert not Booking.objects.exists()

    def test_never_come_back_twice(self, purse: PointsInMemory) -> None:
        booking = confirm(wish=HUNDRED)
        with use_case():
            return_points(booking=booking, amount=Decimal(60), now=timezone.now())

        with pytest.raises(PointsExceedBooking), use_case():
            return_points(booking=booking, amount=Decimal(50), now=timezone.now())

        assert purse.balance(booking.user_id) == Decimal(460)
