from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import OrganizerMember
from bookings.models import Booking, Ticket
from bookings.models.ticket_code import new_code, signed
from bookings.selectors import attended_event
from bookings.services.cancel_booking import cancel_booking
from bookings.services.check_in_ticket import (
    DoorsNotOpen,
    EventNotAdmitting,
    TicketAlreadyUsed,
    TicketCancelled,
    TicketNotGenuine,
    TicketOfOtherEvent,
    TicketRefunded,
    TicketReplaced,
    check_in_by_name,
    check_in_ticket,
)
from bus.models import OutboxRow
from common.problems import NotFound
from common.transactions import use_case
from events.models import Event
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def doorkeeper_of(event: Event) -> object:
    user = make_user()
    OrganizerMember.objects.create(organizer=event.organizer, user=user, role=OrganizerMember.Role.DOOR)
    return user


def scan(booking: Booking, code: str, *, staff: object = None, event: Event | None = None) -> Ticket:
    event = event or booking.event
    with use_case():
        return check_in_ticket(
            staff_id=(staff or doorkeeper_of(event)).id, event_id=event.id, code=code, gate="North", now=timezone.now()
        )


class TestCheckInTicket:
    def test_opens_the_door_once_and_makes_the_booking_attended(self) -> None:
        booking = confirm(seats=2)
        ticket = tickets_of(booking)[0]

        used = scan(booking, ticket.door_code)

        booking.refresh_from_db()
        assert (used.id, used.gate, booking.status) == (ticket.id, "North", "attended")
        assert attended_event(user_id=booking.user_id, event_id=booking.event_id)
        facts = OutboxRow.objects.filter(key=str(booking.id)).order_by("id").values_list("wire_type", flat=True)
        assert list(facts)[-2:] == ["bookings.ticket.checked_in.v1", "bookings.booking.attended.v1"]

    def test_says_when_and_where_the_ticket_was_used_before(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        first = scan(booking, ticket.door_code)

        with pytest.raises(TicketAlreadyUsed) as refusal:
            scan(booking, ticket.door_code)

        assert refusal.value.extra == {"checked_in_at": first.checked_in_at, "gate": "North"}

    def test_lets_the_second_ticket_of_a_booking_in(self) -> None:
        booking = confirm(seats=2)

        for ticket in tickets_of(booking):
            scan(booking, ticket.door_code)

        assert Ticket.objects.filter(booking=booking, checked_in_at__isnull=False).count() == 2
        assert OutboxRow.objects.filter(wire_type="bookings.booking.attended.v1").count() == 1

    @pytest.mark.parametrize("by_name", [False, True])
    def test_lets_nobody_in_before_the_doors_open(self, by_name: bool) -> None:
        kind = make_ticket_type(event=make_event(doors_open_hours_before=2))
        booking = confirm(ticket_type=kind)
        [ticket] = tickets_of(booking)
        door = {"staff_id": doorkeeper_of(booking.event).id, "event_id": booking.event_id, "gate": "North"}
        opens_at = booking.event.starts_at - timedelta(hours=2)

        def admit(now: datetime) -> Ticket:
            with use_case():
                if by_name:
                    return check_in_by_name(ticket_id=ticket.id, now=now, **door)
                return check_in_ticket(code=ticket.door_code, now=now, **door)

        with pytest.raises(DoorsNotOpen) as refusal:
            admit(opens_at - timedelta(seconds=1))

        assert refusal.value.extra == {"doors_open_at": opens_at}
        assert admit(opens_at).checked_in_at == opens_at

    def test_refuses_a_forged_and_an_unknown_code(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)

        code, signature = ticket.door_code.split(".")
        forged = f"{code}.{signature[::-1]}"

        for code in (ticket.code, forged, "", "nonsense", signed(new_code())):
            with pytest.raises(TicketNotGenuine):
                scan(booking, code)

    def test_refuses_a_ticket_of_another_event(self) -> None:
        booking, other = confirm(), confirm()

        with pytest.raises(TicketOfOtherEvent):
            scan(booking, tickets_of(other)[0].door_code)

    def test_refuses_the_ticket_of_a_cancelled_booking(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

        with pytest.raises(TicketRefunded):
            scan(booking, ticket.door_code)

    def test_tells_a_ticket_that_nobody_got_money_back_for(self) -> None:
        booking = confirm(ticket_type=make_ticket_type(price=Decimal(0)))
        [ticket] = tickets_of(booking)
        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

        with pytest.raises(TicketCancelled):
            scan(booking, ticket.door_code)

    def test_tells_a_ticket_that_was_replaced(self) -> None:
        booking = confirm()
        Ticket.objects.update(voided_at=timezone.now())

        with pytest.raises(TicketReplaced):
            scan(booking, tickets_of(booking)[0].door_code)

    def test_lets_somebody_in_who_was_found_by_name(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        staff = doorkeeper_of(booking.event)

        with use_case():
            check_in_by_name(
                staff_id=staff.id, event_id=booking.event_id, ticket_id=ticket.id, gate="", now=timezone.now()
            )

        booking.refresh_from_db()
        assert booking.status == "attended"

    def test_knows_no_ticket_of_another_event_by_name(self) -> None:
        booking, other = confirm(), confirm()

        with pytest.raises(NotFound), use_case():
            check_in_by_name(
                staff_id=doorkeeper_of(booking.event).id,
                event_id=booking.event_id,
                ticket_id=tickets_of(other)[0].id,
                gate="",
                now=timezone.now(),
            )

    @pytest.mark.parametrize("status", ["suspended", "cancelled", "finished"])
    def test_admits_nobody_to_an_event_that_is_not_on(self, status: str) -> None:
        booking = confirm()
        Event.objects.filter(id=booking.event_id).update(status=status, status_reason="checks")

        with pytest.raises(EventNotAdmitting):
            scan(booking, tickets_of(booking)[0].door_code)

    def test_is_closed_to_people_who_do_not_work_there(self) -> None:
        booking = confirm()

        with pytest.raises(NotFound):
            scan(booking, tickets_of(booking)[0].door_code, staff=make_user())
