"""Mistakes that others have made with tickets and money, one test each."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Booking, Payment, Refund, Ticket, WaitingEntry
from bookings.providers.port import ProviderPayment
from bookings.services.cancel_booking import cancel_booking
from bookings.services.cancel_event_bookings import cancel_event_bookings, order_event_cancellation
from bookings.services.change_status import InvalidTransition
from bookings.services.expire_holds import expire_holds
from bookings.services.hold_seats import hold_seats
from bookings.services.insert_booking import AlreadyBooked
from bookings.services.join_waiting_list import join_waiting_list
from bookings.services.promise_refund import RefundExceedsPayment, promise_refund_of_payment
from bookings.services.settle_payment import settle_payment
from bookings.tasks import SCHEDULE
from common.money import Money
from common.transactions import use_case
from events.models import TicketType
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def cancel(booking: Booking) -> None:
    with use_case():
        cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())


def part_back(payment: Payment, amount: str) -> None:
    with use_case():
        promise_refund_of_payment(
            payment=payment,
            amount=Money(Decimal(amount), "RUB"),
            reason=Refund.Reason.CANCELLED,
            actor_id=None,
            now=timezone.now(),
        )


class TestKnownTraps:
    @pytest.mark.parametrize("expires_first", [True, False])
    def test_an_expiry_that_races_a_payment_leaves_a_paid_booking(self, expires_first: bool) -> None:
        kind, now = make_ticket_type(capacity=1), timezone.now()
        booking = hold(ticket_type=kind, now=now - HOLD)
        payment = make_payment(booking=booking)

        if expires_first:
            expire_holds(now=now)
        settle(payment)
        expire_holds(now=now)

        booking.refresh_from_db()
        assert (booking.status, seats_of(kind), Refund.objects.count()) == ("confirmed", (0, 1), 0)

    def test_a_part_of_the_money_back_cancels_no_ticket(self) -> None:
        booking = confirm(seats=2)
        payment = Payment.objects.get()

        part_back(payment, "500")
        with use_case():
            settle_payment(
                payment=payment,
                told=ProviderPayment(
                    id=payment.provider_payment_id, key=str(payment.id), outcome="succeeded", amount=payment.money
                ),
                now=timezone.now(),
            )

        booking.refresh_from_db()
        assert (booking.status, Ticket.objects.valid().count()) == ("confirmed", 2)

    def test_seats_cancelled_by_the_person_and_then_with_the_event_are_freed_once(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind, seats=2)
        other = confirm(ticket_type=kind)
        cancel(booking)
        with use_case():
            order_event_cancellation(event_id=kind.event_id, reason="storm", now=timezone.now())

        cancel_event_bookings(event_id=kind.event_id, now=timezone.now())

        with pytest.raises(InvalidTransition):
            cancel(booking)
        assert (seats_of(kind), Refund.objects.filter(payment__booking=booking).count()) == ((0, 0), 1)
        other.refresh_from_db()
        assert other.status == "cancelled"

    def test_a_refund_goes_by_the_price_that_was_paid(self) -> None:
        booking = confirm()
        TicketType.objects.update(price=Decimal(9999))

        cancel(booking)

        assert Refund.objects.get().amount == Decimal(1000)

    def test_a_countdown_starts_anew_by_no_failed_attempt(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind, now=timezone.now() - timedelta(minutes=5))

        with pytest.raises(AlreadyBooked), use_case():
            hold_seats(
                user_id=booking.user_id,
                event_id=kind.event_id,
                quantities={kind.id: 1},
                hold_for=HOLD,
                now=timezone.now(),
            )

        assert Booking.objects.get().hold_expires_at == booking.hold_expires_at

    def test_two_refunds_that_are_still_on_their_way_count_both(self) -> None:
        booking = confirm()
        payment = Payment.objects.get(booking=booking)
        part_back(payment, "600")

        with pytest.raises(RefundExceedsPayment):
            part_back(payment, "600")

        assert Refund.objects.get().status == "pending"

    def test_work_that_waits_long_waits_in_the_database_not_in_the_queue(self) -> None:
        booking = hold()
        make_payment(booking=booking)

        # A sweep finds it, whatever the queue has lost or would deliver twice.
        assert {"bookings.expire_holds", "bookings.sweep_payments", "bookings.reconcile_payments"} <= set(SCHEDULE)
        assert max(SCHEDULE[name] for name in ("bookings.expire_holds", "bookings.sweep_payments")) <= 5

    def test_a_waiting_party_whose_type_is_not_sold_any_more_stops_nobody_behind_it(self) -> None:
        event = make_event(capacity=1)
        closing, other = make_ticket_type(event=event), make_ticket_type(event=event)
        booking = confirm(ticket_type=closing)
        for number, kind in enumerate((closing, other)):
            with use_case():
                join_waiting_list(
                    user_id=make_user().id,
                    event_id=event.id,
                    quantities={kind.id: 1},
                    now=timezone.now() + timedelta(seconds=number),
                )
        TicketType.objects.filter(id=closing.id).update(sale_closes_at=timezone.now() - timedelta(hours=1))

        cancel(booking)

        assert list(WaitingEntry.objects.in_order().values_list("status", flat=True)) == ["waiting", "offered"]
