from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.selectors import get_booking_of_user
from bookings.services.expire_holds import expire_hold, expire_holds, open_booking
from bus.models import OutboxRow
from common.transactions import use_case
from events.models import Event
from tests.factories.bookings import HOLD, confirm, hold, seats_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


class TestExpireHolds:
    def test_gives_the_seats_of_overdue_holds_back_once(self) -> None:
        kind, now = make_ticket_type(), timezone.now()
        overdue = hold(ticket_type=kind, seats=2, now=now - HOLD)
        running = hold(ticket_type=kind, seats=3, now=now)

        counts = [expire_holds(now=now), expire_holds(now=now)]

        overdue.refresh_from_db()
        running.refresh_from_db()
        assert counts == [1, 0]
        assert (overdue.status, overdue.expired_at, running.status) == ("expired", now, "held")
        assert seats_of(kind) == (3, 0)
        facts = OutboxRow.objects.filter(key=str(overdue.id)).order_by("id").values_list("wire_type", flat=True)
        assert list(facts) == ["bookings.booking.held.v1", "bookings.booking.expired.v1"]

    def test_goes_on_after_a_hold_that_cannot_be_ended(self) -> None:
        now = timezone.now()
        broken, fine = hold(now=now - 2 * HOLD), hold(now=now - HOLD)
        Event.objects.filter(id=broken.event_id).update(held=0)

        expired = expire_holds(now=now)

        broken.refresh_from_db()
        fine.refresh_from_db()
        assert (expired, broken.status, fine.status) == (1, "held", "expired")

    def test_leaves_a_hold_alone_until_its_time(self) -> None:
        booking = hold()

        with use_case():
            expired = expire_hold(booking_id=booking.id, now=booking.hold_expires_at - timedelta(microseconds=1))

        assert not expired

    def test_leaves_a_paid_booking_alone(self) -> None:
        booking = confirm()

        with use_case():
            expired = expire_hold(booking_id=booking.id, now=booking.hold_expires_at)

        assert not expired

    def test_expires_when_somebody_looks(self) -> None:
        booking = hold()
        own = get_booking_of_user(user_id=booking.user_id, booking_id=booking.id)

        with use_case():
            seen = open_booking(booking=own, now=booking.hold_expires_at)

        assert seen.status == "expired"
