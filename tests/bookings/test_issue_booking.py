from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry
from bookings.models import Booking, Refund
from bookings.services.promise_refund import promise_refund
from bookings.services.refund_payment import refund_payment
from common.transactions import use_case
from tests.bookings.api.test_bookings import key, member_of, signed_in
from tests.factories.accounts import make_user
from tests.factories.bookings import seats_of, tickets_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db
NOW = timezone.now()


class TestIssueBooking:
    def issue(self, kind: Any, who: User, **fields: Any) -> Any:
        body = {
            "origin": "door",
            "items": [{"ticket_type": str(kind.id), "quantity": 2}],
            "name": "Гость",
            "reason": "Cash",
        }
        return signed_in(who).post(f"/api/v1/events/{kind.event_id}/bookings/issued/", body | fields, headers=key())

    def test_sells_at_the_door_for_cash(self) -> None:
        kind = make_ticket_type(price=Decimal(500), capacity=3)
        staff = member_of(kind.event, "door")

        answer = self.issue(kind, staff)
        another = self.issue(kind, staff)

        booking = Booking.objects.get()
        assert (answer.status_code, booking.status, booking.origin) == (201, "confirmed", "door")
        assert (booking.amount, booking.payments.get().provider) == (Decimal(1000), "door")
        assert {one.holder_name for one in tickets_of(booking)} == {"Гость"}
        assert (another.status_code, another.json()["code"], seats_of(kind)) == (409, "sold_out", (0, 2))
        assert not booking.user.is_active

    def test_gives_away_for_nothing_to_a_known_person(self) -> None:
        kind, guest = make_ticket_type(price=Decimal(500)), make_user()
        manager = member_of(kind.event, "manager")

        answer = self.issue(kind, manager, origin="complimentary", email=guest.email.upper(), reason="Press")
        again = self.issue(kind, manager, origin="complimentary", email=guest.email, reason="Press")

        booking = Booking.objects.get()
        assert (answer.status_code, booking.user_id, booking.amount) == (201, guest.id, 0)
        assert (again.status_code, again.json()["code"]) == (409, "already_booked")
        assert AuditEntry.objects.get(action="bookings.issue").reason == "Press"

    def test_lets_door_staff_give_nothing_away(self) -> None:
        kind = make_ticket_type()

        answer = self.issue(kind, member_of(kind.event, "door"), origin="complimentary")

        assert answer.status_code == 404

    def test_takes_ticket_types_of_this_event_only(self) -> None:
        kind, other = make_ticket_type(), make_ticket_type()
        staff = member_of(kind.event, "door")

        answer = self.issue(kind, staff, items=[{"ticket_type": str(other.id), "quantity": 1}])

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    @pytest.mark.parametrize(("origin", "status"), [("door", 400), ("complimentary", 201)])
    def test_refuses_what_costs_more_than_can_be_written_down(self, origin: str, status: int) -> None:
        kind = make_ticket_type(price=Decimal("9999999999.99"))

        answer = self.issue(kind, member_of(kind.event, "manager"), origin=origin)

        assert answer.status_code == status
        if status == 400:
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/items", "too_much")]

    def test_leaves_money_paid_in_cash_to_a_person(self) -> None:
        kind = make_ticket_type(price=Decimal(500))
        self.issue(kind, member_of(kind.event, "door"))
        booking = Booking.objects.get()

        with use_case():
            promise_refund(booking=booking, amount=booking.total, reason="cancelled", actor_id=None, now=NOW)
        refund_payment(refund_id=Refund.objects.get().id, now=timezone.now())

        assert (Refund.objects.get().status, "by hand" in Refund.objects.get().last_error) == ("failed", True)
