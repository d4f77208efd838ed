"""Mistakes that others have made with tickets and money, one test each."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bookings.models import Booking, Payment, ProviderWebhook, Refund, Ticket, WaitingEntry
from bookings.providers.port import Incoming, PaymentOrder, ProviderPayment
from bookings.providers.sandbox import SandboxProvider
from bookings.services.cancel_booking import cancel_booking
from bookings.services.cancel_event_bookings import cancel_event_bookings, order_event_cancellation
from bookings.services.change_status import InvalidTransition
from bookings.services.expire_holds import expire_holds
from bookings.services.export_bookings import export_csv
from bookings.services.hold_seats import hold_seats
from bookings.services.insert_booking import AlreadyBooked
from bookings.services.join_waiting_list import join_waiting_list
from bookings.services.promise_refund import RefundExceedsPayment, promise_refund_of_payment
from bookings.services.receive_provider_webhook import receive_provider_webhook
from bookings.services.settle_month import Month, settle_month
from bookings.services.settle_payment import settle_payment
from bookings.services.start_payment import start_payment
from bookings.tasks import SCHEDULE
from common.money import Money
from common.transactions import use_case
from events.models import TicketType
from tests.bookings.api.test_bookings import key, member_of, signed_in, wish
from tests.bookings.test_pages import browser_of
from tests.bookings.test_receive_provider_webhook import notice, signed
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


def take_in(payment: Payment, notice_id: str) -> None:
    headers, body = signed(notice(payment), notice_id=notice_id)
    incoming = Incoming(headers=headers, body=body)
    receive_provider_webhook(provider=SandboxProvider(), incoming=incoming, now=timezone.now())


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

        cancel_event_bookings(event_id=kind.event_id, clock=timezone.now)

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

    def test_a_worker_is_called_once_its_row_is_there_and_not_when_it_never_comes(
        self, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment, called = make_payment(booking=hold()), []
        seen = ProviderWebhook.objects.values_list("notice_id", flat=True)
        monkeypatch.setattr("bus.wakeup.queue_task", lambda task, _args, **_queue: called.append((task, list(seen))))

        with django_capture_on_commit_callbacks(execute=True):
            with pytest.raises(ZeroDivisionError), use_case():
                take_in(payment, "msg_undone")
                raise ZeroDivisionError
            with use_case():
                take_in(payment, "msg_kept")
                before_the_commit = list(called)

        assert before_the_commit == []
        assert called == [("bookings.apply_provider_webhook", ["msg_kept"])]

    def test_a_long_export_leaves_no_cursor_open_between_its_transactions(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bookings.services.export_bookings.ROWS_AT_ONCE", 2)
        kind = make_ticket_type()
        bookings = [confirm(ticket_type=kind) for _ in range(5)]
        manager = member_of(kind.event, "manager")

        pieces = export_csv(manager_id=manager.id, event_id=kind.event_id)
        begun = b"".join(next(pieces) for _ in range(4))
        with connection.cursor() as sql:
            sql.execute("SELECT count(*) FROM pg_cursors")
            [open_cursors] = sql.fetchone()
        whole = (begun + b"".join(pieces)).decode()

        assert open_cursors == 0
        assert [whole.count(str(one.id)) for one in bookings] == [1] * 5

    @pytest.mark.parametrize(("hour", "month"), [(20, "2030-05"), (21, "2030-06")])
    def test_a_day_ends_where_people_live_and_not_where_the_server_stands(self, hour: int, month: str) -> None:
        booking = confirm()
        booking.payments.update(settled_at=datetime(2030, 5, 31, hour, 59, tzinfo=UTC))

        [line] = settle_month(month=Month.read(month), time_zone="Europe/Moscow", fees=())

        assert line.gross == booking.total

    def test_each_of_many_refunds_of_a_cancelled_event_is_made(self) -> None:
        kind = make_ticket_type()
        bookings = [confirm(ticket_type=kind) for _ in range(3)]
        with use_case():
            order_event_cancellation(event_id=kind.event_id, reason="storm", now=timezone.now())

        for _ in range(2):
            cancel_event_bookings(event_id=kind.event_id, clock=timezone.now)

        refunded = Refund.objects.values_list("payment__booking_id", "amount")
        assert dict(refunded) == {one.id: Decimal(1000) for one in bookings}
        assert len(refunded) == 3

    def test_no_lock_is_held_while_a_provider_is_asked(self) -> None:
        booking, seen = hold(), []

        class Slow(SandboxProvider):
            def create_payment(self, order: PaymentOrder) -> ProviderPayment:
                seen.append(
                    [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]
                )
                return super().create_payment(order)

        start_payment(
            user_id=booking.user_id,
            booking_id=booking.id,
            provider=Slow(),
            return_url="https://shop.example/",
            now=timezone.now(),
        )

        assert seen == [[]]

    def test_what_one_booking_may_take_is_the_same_number_on_the_page_and_at_the_door_of_the_api(self) -> None:
        kind, person = make_ticket_type(max_per_booking=3), make_user()
        client = browser_of(person)

        page = client.get(f"/events/{kind.event.slug}-{kind.event_id}/").content.decode()
        refused = signed_in(person).post("/api/v1/bookings/", wish(kind, 4), headers=key())

        assert f'name="quantity-{kind.id}"' in page
        assert 'max="3"' in page
        assert (refused.json()["code"], refused.json()["maximum"]) == ("limit_per_booking", 3)

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
