"""The administrator's tools, used from the admin; each with a reason, a fresh second factor and an entry in the audit."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry
from bookings.admin_tools import TOOLS
from bookings.models import Booking, Refund
from bookings.services.change_booking import ChangeInProgress
from bookings.services.change_status import InvalidTransition
from bookings.services.confirm_unpaid import confirm_unpaid
from bookings.services.end_change import expire_changes
from bookings.services.extend_hold import NotHeld, extend_hold
from bookings.services.force_cancel import force_cancel
from bookings.services.grant_refund import RefundTooLarge, grant_refund
from bookings.services.insert_booking import AlreadyBooked
from bookings.services.move_booking import NoMatchingTickets, move_booking
from bus.models import OutboxRow
from common.ids import new_id
from common.problems import NotFound
from common.transactions import use_case
from events.models import Event, EventAccess
from events.services.raise_capacity import raise_capacity
from events.services.take_seats import SeatsSoldOut
from tests.accounts.test_admin_site import staff_client
from tests.bookings.test_change_booking import change
from tests.bookings.test_claim_ticket import claim, offer
from tests.factories.accounts import make_account, make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def chief() -> User:
    return make_account(is_staff=True, is_superuser=True)


@pytest.fixture
def office(chief: User) -> Client:
    client = staff_client(chief, verified=True)
    session = client.session
    session["second_factor_at"] = timezone.now().isoformat()
    session.save()
    return client


def use(office: Client, booking: Booking, tool: str, **fields: Any) -> Any:
    path = f"/admin/bookings/booking/{booking.id}/tools/{tool}/"
    assert office.get(path).status_code == 200
    return office.post(path, {"reason": "They asked"} | fields)


def reasons(action: str) -> list[str]:
    return list(AuditEntry.objects.filter(action=action).values_list("reason", flat=True))


def neighbour_of(booking: Booking, **fields: Any) -> Any:
    """Make a ticket type of another event of the same organizer."""
    event = make_event(organizer=booking.event.organizer)
    return make_ticket_type(event=event, **fields)


def move(booking: Booking, event: Event) -> Booking:
    with use_case():
        return move_booking(
            administrator_id=make_user().id, booking_id=booking.id, event_id=event.id, reason="Storm", now=NOW
        )


class TestTools:
    def test_cancel_gives_all_money_back_even_after_the_limit(self, office: Client) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        Event.objects.update(starts_at=NOW + timedelta(minutes=5))

        answer = use(office, booking, "cancel")

        booking.refresh_from_db()
        assert answer.status_code == 302
        assert (booking.status, booking.cancelled_by, seats_of(kind)) == ("cancelled", "administrator", (0, 0))
        assert Refund.objects.get().amount == booking.amount
        assert reasons("bookings.force_cancel") == ["They asked"]

    @pytest.mark.parametrize("whose", ["giver", "receiver"])
    def test_cancel_leaves_the_others_the_money_of_their_seats(self, whose: str) -> None:
        giver = confirm(seats=2)
        receiver = claim(offer(giver))
        ended, going = (giver, receiver) if whose == "giver" else (receiver, giver)

        with use_case():
            force_cancel(administrator_id=make_user().id, booking_id=ended.id, reason="They asked", now=NOW)

        assert Refund.objects.get().amount == Decimal(1000)
        with use_case():
            force_cancel(administrator_id=make_user().id, booking_id=going.id, reason="They asked too", now=NOW)
        assert sum(one.amount for one in Refund.objects.all()) == Decimal(2000)

    def test_refund_gives_any_part_back_and_no_more_than_was_paid(self, office: Client) -> None:
        booking = confirm()

        use(office, booking, "refund", amount="999.99")
        too_much = use(office, booking, "refund", amount="0.02")
        nothing = use(office, booking, "refund", amount="0")

        booking.refresh_from_db()
        assert (booking.status, booking.payments.get().refunded) == ("confirmed", Decimal("999.99"))
        assert (too_much.status_code, nothing.status_code, Refund.objects.count()) == (200, 200, 1)
        assert reasons("bookings.grant_refund") == ["They asked"]

    def test_confirm_sells_without_a_payment_and_gives_a_late_one_back(self, office: Client) -> None:
        booking = hold()
        payment = make_payment(booking=booking)

        use(office, booking, "confirm")
        settle(payment)

        booking.refresh_from_db()
        assert (booking.status, len(tickets_of(booking)), Refund.objects.get().reason) == ("confirmed", 1, "paid_twice")
        assert reasons("bookings.confirm_unpaid") == ["They asked"]

    def test_extend_gives_more_time(self, office: Client) -> None:
        booking = hold()

        use(office, booking, "extend", minutes="120")

        booking.refresh_from_db()
        assert booking.hold_expires_at > timezone.now() + timedelta(minutes=119)
        assert reasons("bookings.extend_hold") == ["They asked"]

    def test_move_takes_money_and_names_along(self, office: Client) -> None:
        old = make_ticket_type(name="Adult", capacity=1)
        booking = confirm(ticket_type=old)
        new = neighbour_of(booking, name="Adult", capacity=1)

        use(office, booking, "move", event_id=str(new.event_id))

        booking.refresh_from_db()
        assert (booking.event_id, booking.status, booking.amount) == (new.event_id, "confirmed", Decimal(1000))
        assert (seats_of(old), seats_of(new)) == ((0, 0), (0, 1))
        assert sorted(ticket.voided_at is None for ticket in tickets_of(booking)) == [False, True]
        access = EventAccess.objects.filter(user_id=booking.user_id).values_list("event_id", flat=True)
        assert list(access) == [new.event_id]
        assert OutboxRow.objects.filter(wire_type="bookings.booking.moved.v1").count() == 1
        assert reasons("bookings.move") == ["They asked"]

    def test_capacity_is_raised_by_saying_so(self, office: Client) -> None:
        kind = make_ticket_type(capacity=1)
        booking = hold(ticket_type=kind)

        use(office, booking, "capacity", ticket_type_id=str(kind.id), seats="2")

        hold(ticket_type=kind, seats=2)
        assert seats_of(kind) == (3, 0)
        assert reasons("events.raise_capacity") == ["They asked"]

    @pytest.mark.parametrize("tool", ["cancel", "refund", "confirm", "extend", "move", "capacity"])
    def test_want_a_reason_a_fresh_code_and_the_right(self, tool: str, office: Client, chief: User) -> None:
        booking = hold()
        path = f"/admin/bookings/booking/{booking.id}/tools/{tool}/"

        unreasoned = office.post(path, {"reason": " "})
        stale = staff_client(chief, verified=True)
        session = stale.session
        session["second_factor_at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
        session.save()
        asked_again = stale.post(path, {"reason": "R"})
        powerless = staff_client(make_account(is_staff=True), verified=True).get(path)

        assert (unreasoned.status_code, asked_again.status_code, powerless.status_code) == (200, 302, 403)
        assert "step-up" in asked_again["Location"] or "step" in asked_again["Location"]
        booking.refresh_from_db()
        assert booking.status == "held"
        assert not AuditEntry.objects.filter(target_id=str(booking.id)).exists()

    def test_has_no_page_for_an_unknown_one(self, office: Client) -> None:
        assert office.get(f"/admin/bookings/booking/{hold().id}/tools/nonsense/").status_code == 404

    @pytest.mark.parametrize(
        ("make", "offered"),
        [(hold, {"cancel", "confirm", "extend", "capacity"}), (confirm, {"cancel", "refund", "move", "capacity"})],
    )
    def test_are_offered_where_they_can_do_something(self, make: Any, offered: set[str], office: Client) -> None:
        page = office.get(f"/admin/bookings/booking/{make().id}/change/").content.decode()

        assert {name for name in TOOLS if f"{name}-this" in page or f"{name}_this" in page} == offered

    def test_say_what_they_are_about_and_what_can_be_refunded(self, office: Client) -> None:
        booking = confirm(ticket_type=make_ticket_type(price=Decimal(5200)))

        page = office.get(f"/admin/bookings/booking/{booking.id}/tools/refund/").content.decode()

        assert "<strong>5\N{NO-BREAK SPACE}200\N{NO-BREAK SPACE}₽</strong>" in page
        assert f'href="/admin/bookings/booking/{booking.id}/change/"' in page
        assert "mark.svg" in page.split("<body", 1)[1]


class TestMoveBooking:
    def test_leaves_everything_when_there_is_no_room(self) -> None:
        old = make_ticket_type()
        booking = confirm(ticket_type=old)
        new = neighbour_of(booking, capacity=1)
        hold(ticket_type=new)

        with pytest.raises(SeatsSoldOut):
            move(booking, new.event)

        booking.refresh_from_db()
        assert (booking.event_id, seats_of(old), seats_of(new)) == (old.event_id, (0, 1), (1, 0))

    def test_needs_matching_tickets_of_the_same_organizer(self) -> None:
        booking = confirm(ticket_type=make_ticket_type(name="Adult"))
        new = neighbour_of(booking, name="Child")
        make_ticket_type(event=new.event, name="Senior")

        with pytest.raises(NoMatchingTickets):
            move(booking, new.event)
        with pytest.raises(NoMatchingTickets):
            move(booking, make_ticket_type(name="Adult").event)

    def test_refuses_a_person_who_is_there_already(self) -> None:
        booking = confirm()
        new = neighbour_of(booking)
        hold(ticket_type=new, user=booking.user)

        with pytest.raises(AlreadyBooked):
            move(booking, new.event)

    def test_waits_until_a_change_of_the_booking_is_paid_or_forgotten(self) -> None:
        booking = confirm()
        dearer = make_ticket_type(event=booking.event, price=Decimal(1500))
        change(booking, {dearer.id: 1})
        new = neighbour_of(booking)

        with pytest.raises(ChangeInProgress):
            move(booking, new.event)

        expire_changes(now=NOW + 2 * HOLD)
        assert move(booking, new.event).event_id == new.event_id
        assert seats_of(dearer) == (0, 0)

    def test_moves_what_is_confirmed_only(self) -> None:
        booking = hold()

        with pytest.raises(InvalidTransition):
            move(booking, neighbour_of(booking).event)
        with pytest.raises(NotFound):
            move(booking, booking.event)


class TestRefusals:
    def test_of_what_is_not_there(self) -> None:
        told = {"administrator_id": make_user().id, "booking_id": new_id(), "reason": "R", "now": NOW}

        for service, more in (
            (force_cancel, {}),
            (confirm_unpaid, {}),
            (extend_hold, {"minutes": 1}),
            (grant_refund, {"amount": Decimal(1)}),
        ):
            with pytest.raises(NotFound), use_case():
                service(**told, **more)
        with pytest.raises(NotFound), use_case():
            raise_capacity(administrator_id=make_user().id, ticket_type_id=new_id(), seats=1, reason="R")

    def test_of_what_has_ended(self) -> None:
        booking = confirm()
        told = {"administrator_id": make_user().id, "booking_id": booking.id, "reason": "R", "now": NOW}

        with pytest.raises(NotHeld), use_case():
            extend_hold(**told, minutes=5)
        with pytest.raises(InvalidTransition), use_case():
            confirm_unpaid(**told)
        with pytest.raises(RefundTooLarge) as refusal, use_case():
            grant_refund(**told, amount=Decimal("1000.01"))
        assert refusal.value.extra["refundable"]["amount"] == "1000.00"
