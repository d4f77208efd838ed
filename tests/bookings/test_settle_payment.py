from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Booking, Payment, Refund
from bookings.services.cancel_booking import cancel_booking
from bookings.services.expire_holds import expire_holds
from bookings.services.settle_payment import PaymentMismatch, settle_payment
from common.transactions import use_case
from events.models import Event
from tests.factories.bookings import HOLD, hold, make_payment, seats_of, settle, tickets_of, told
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def statuses(booking: Booking, payment: Payment) -> tuple[str, str]:
    booking.refresh_from_db()
    payment.refresh_from_db()
    return booking.status, payment.status


def refunds() -> list[tuple[Decimal, str]]:
    return list(Refund.objects.order_by("id").values_list("amount", "reason"))


class TestSettlePayment:
    def test_confirms_the_hold_and_sells_its_seats(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind, seats=2)
        payment = make_payment(booking=booking)

        settle(payment)

        assert statuses(booking, payment) == ("confirmed", "succeeded")
        assert seats_of(kind) == (0, 2)
        assert len(tickets_of(booking)) == 2

    def test_changes_nothing_when_told_again(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind)
        payment = make_payment(booking=booking)

        for outcome in ("succeeded", "succeeded", "pending", "failed", "succeeded"):
            settle(payment, outcome)

        assert statuses(booking, payment) == ("confirmed", "succeeded")
        assert (seats_of(kind), len(tickets_of(booking)), refunds()) == ((0, 1), 1, [])

    def test_keeps_the_hold_when_the_payment_fails(self) -> None:
        booking = hold()
        payment = make_payment(booking=booking)

        settle(payment, "failed")

        assert statuses(booking, payment) == ("held", "failed")

    def test_believes_a_success_after_a_failure(self) -> None:
        booking = hold()
        payment = make_payment(booking=booking)

        settle(payment, "failed")
        settle(payment, "succeeded")

        assert statuses(booking, payment) == ("confirmed", "succeeded")

    def test_takes_the_seats_again_when_the_hold_has_expired_and_they_are_free(self) -> None:
        kind, now = make_ticket_type(capacity=2), timezone.now()
        booking = hold(ticket_type=kind, seats=2, now=now - HOLD)
        payment = make_payment(booking=booking)
        expire_holds(now=now)

        settle(payment)

        assert statuses(booking, payment) == ("confirmed", "succeeded")
        assert (seats_of(kind), booking.expired_at, refunds()) == ((0, 2), None, [])

    def test_gives_the_money_back_when_the_seats_are_gone(self) -> None:
        kind, now = make_ticket_type(capacity=2), timezone.now()
        late = hold(ticket_type=kind, seats=2, now=now - HOLD)
        payment = make_payment(booking=late)
        expire_holds(now=now)
        hold(ticket_type=kind, now=now)

        settle(payment)

        assert statuses(late, payment) == ("expired", "succeeded")
        assert refunds() == [(late.amount, "late_payment")]
        assert seats_of(kind) == (1, 0)

    def test_gives_the_money_back_when_the_person_has_booked_anew(self) -> None:
        kind, now = make_ticket_type(), timezone.now()
        old = hold(ticket_type=kind, now=now - HOLD)
        payment = make_payment(booking=old)
        new = hold(user=old.user, ticket_type=kind, now=now)

        settle(payment)

        assert statuses(old, payment) == ("expired", "succeeded")
        assert refunds() == [(old.amount, "late_payment")]
        assert Booking.objects.get(id=new.id).status == "held"

    def test_gives_the_money_back_when_the_event_was_cancelled(self) -> None:
        now = timezone.now()
        booking = hold(now=now - HOLD)
        payment = make_payment(booking=booking)
        expire_holds(now=now)
        Event.objects.filter(id=booking.event_id).update(status="cancelled", status_reason="storm")

        settle(payment)

        assert refunds() == [(booking.amount, "late_payment")]

    def test_gives_the_money_back_when_the_booking_was_cancelled_meanwhile(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind)
        payment = make_payment(booking=booking)
        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

        settle(payment)

        assert statuses(booking, payment) == ("cancelled", "succeeded")
        assert (refunds(), seats_of(kind)) == ([(booking.amount, "late_payment")], (0, 0))

    def test_gives_a_second_payment_of_one_booking_back(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind)
        first = make_payment(booking=booking)
        settle(first, "failed")
        second = make_payment(booking=booking)

        settle(second)
        settle(first)

        assert statuses(booking, first) == ("confirmed", "succeeded")
        assert refunds() == [(booking.amount, "paid_twice")]
        assert Refund.objects.get().payment_id == first.id
        assert seats_of(kind) == (0, 1)

    def test_stops_at_another_amount(self) -> None:
        booking = hold()
        payment = make_payment(booking=booking)

        with pytest.raises(PaymentMismatch), use_case():
            settle_payment(payment=payment, told=told(payment, "succeeded", amount=Decimal("1.00")), now=timezone.now())

        assert statuses(booking, payment) == ("held", "pending")

    def test_confirms_a_hold_that_is_overdue_but_not_yet_expired(self) -> None:
        booking = hold(now=timezone.now() - HOLD - timedelta(seconds=1))
        payment = make_payment(booking=booking)

        settle(payment)

        assert statuses(booking, payment) == ("confirmed", "succeeded")
