from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEntry
from bookings.models import Refund, Ticket
from bookings.services.cancel_booking import CancellationClosed, cancel_booking
from bookings.services.change_status import InvalidTransition
from bookings.services.expire_holds import expire_holds
from bookings.services.quote_refund import quote_refund
from bus.models import OutboxRow
from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from events.models import EventAccess
from tests.bookings.test_quote_refund import policies
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold, seats_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def cancel(booking: object, **changes: object) -> object:
    wanted = {"user_id": booking.user_id, "booking_id": booking.id, "now": timezone.now()} | changes
    with use_case():
        return cancel_booking(**wanted)


class TestCancelBooking:
    def test_gives_a_hold_back(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind, seats=2)

        cancelled = cancel(booking)

        assert (cancelled.status, cancelled.cancelled_by) == ("cancelled", "user")
        assert seats_of(kind) == (0, 0)
        assert not Refund.objects.exists()

    def test_gives_sold_seats_and_money_back_and_voids_the_tickets(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind, seats=2)

        cancel(booking)

        assert seats_of(kind) == (0, 0)
        refund = Refund.objects.get()
        assert (refund.amount, refund.status, refund.reason) == (booking.amount, "pending", "cancelled")
        assert Ticket.objects.of_booking(booking.id).valid().count() == 0
        assert not EventAccess.objects.filter(user_id=booking.user_id).exists()
        assert OutboxRow.objects.order_by("-id")[0].wire_type == "bookings.booking.cancelled.v1"
        assert AuditEntry.objects.get(action="bookings.refund").actor_id == booking.user_id

    def test_is_refused_the_second_time(self) -> None:
        booking = confirm()
        cancel(booking)

        with pytest.raises(InvalidTransition) as refusal:
            cancel(booking)

        assert refusal.value.extra["booking_status"] == "cancelled"
        assert Refund.objects.count() == 1

    def test_closes_at_the_events_limit(self) -> None:
        event = make_event(cancellable_hours_before=24)
        booking = confirm(ticket_type=make_ticket_type(event=event))
        limit = event.starts_at - timedelta(hours=24)

        with pytest.raises(CancellationClosed) as refusal:
            cancel(booking, now=limit)
        in_time = cancel(booking, now=limit - timedelta(seconds=1))

        assert refusal.value.extra["closed_at"] == limit
        assert in_time.status == "cancelled"

    def test_refuses_somebody_elses_booking(self) -> None:
        booking = hold()

        with pytest.raises(NotFound):
            cancel(booking, user_id=make_user().id)

    def test_refuses_a_stale_version(self) -> None:
        booking = hold()

        with pytest.raises(StaleVersion):
            cancel(booking, version=booking.version + 1)

    def test_refuses_an_expired_hold(self) -> None:
        booking = hold()
        expire_holds(now=booking.hold_expires_at)

        with pytest.raises(InvalidTransition):
            cancel(booking)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(policy=policies, hours=st.integers(25, 2000), price=st.decimals("0.01", "9999.99", places=2))
    def test_refunds_exactly_what_the_quote_says(self, policy: dict[str, object], hours: int, price: Decimal) -> None:
        now = timezone.now()
        event = make_event(refund_policy=policy, starts_at=now + timedelta(hours=hours))
        booking = confirm(ticket_type=make_ticket_type(event=event, price=price), seats=3)

        quote = quote_refund(booking=booking, now=now)
        cancel(booking, now=now)

        refunded = sum((one.amount for one in Refund.objects.filter(payment__booking=booking)), Decimal(0))
        assert refunded == quote.amount.amount
