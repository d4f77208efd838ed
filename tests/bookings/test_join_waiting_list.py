import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from bookings.models import Booking, WaitingEntry
from bookings.selectors import get_position
from bookings.services.accept_offer import PaymentNeeded, accept_offer
from bookings.services.cancel_booking import cancel_booking
from bookings.services.cancel_event_bookings import cancel_event_bookings, order_event_cancellation
from bookings.services.change_booking import change_booking
from bookings.services.check_seats import check_seats
from bookings.services.expire_holds import expire_holds
from bookings.services.free_seats import free_held_seats, free_sold_seats
from bookings.services.insert_booking import AlreadyBooked
from bookings.services.join_waiting_list import AlreadyWaiting, SeatsAvailable, join_waiting_list
from bookings.services.leave_waiting_list import close_waiting_list, leave_waiting_list
from bookings.services.move_booking import move_booking
from bookings.services.offer_seats import OFFER_FOR
from bookings.services.serve_waiting_lists import serve_waiting_lists
from bookings.services.start_payment import HoldExpired
from bus.models import OutboxRow
from common.problems import InvalidInput, NotFound
from common.transactions import NoTransaction, use_case
from events.models import Event, TicketType
from events.services.check_sale import EventCancelled, LimitPerBooking
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def join(kind: TicketType, seats: int = 1, *, user: User | None = None, now: datetime | None = None) -> WaitingEntry:
    with use_case():
        return join_waiting_list(
            user_id=(user or make_user()).id,
            event_id=kind.event_id,
            quantities={kind.id: seats},
            now=now or timezone.now(),
        )


def cancel(booking: Booking) -> None:
    with use_case():
        cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())


def move_away(booking: Booking) -> None:
    other = make_ticket_type(event=make_event(organizer=booking.event.organizer))
    with use_case():
        move_booking(
            administrator_id=make_user().id,
            booking_id=booking.id,
            event_id=other.event_id,
            reason="They asked",
            now=timezone.now(),
        )


def statuses(*entries: WaitingEntry) -> list[str]:
    for one in entries:
        one.refresh_from_db()
    return [one.status for one in entries]


def drift() -> list[Any]:
    with use_case():
        return check_seats(now=timezone.now())


def sold_out(seats: int = 2, **fields: Any) -> tuple[TicketType, Booking]:
    kind = make_ticket_type(capacity=seats, **fields)
    return kind, confirm(ticket_type=kind, seats=seats)


class TestJoin:
    def test_puts_a_party_behind_those_who_wait(self) -> None:
        kind, _booking = sold_out()

        entries = [join(kind, now=timezone.now() + timedelta(seconds=number)) for number in range(3)]

        assert [get_position(entry=one) for one in entries] == [1, 2, 3]

    def test_goes_behind_everybody_also_when_its_clock_was_read_before_it_waited_for_them(self) -> None:
        kind, _booking = sold_out()
        now = timezone.now()

        entries = [join(kind, now=now - timedelta(seconds=number)) for number in range(3)]

        assert [get_position(entry=one) for one in entries] == [1, 2, 3]

    def test_is_refused_while_there_are_enough_seats(self) -> None:
        kind = make_ticket_type(capacity=2)
        hold(ticket_type=kind)

        with pytest.raises(SeatsAvailable):
            join(kind)
        assert join(kind, 2).status == "waiting"

    @pytest.mark.parametrize("seats", [11, 3])
    def test_is_refused_to_a_party_that_never_fits(self, seats: int) -> None:
        kind, _booking = sold_out(seats=2, max_per_booking=50)

        with pytest.raises(InvalidInput):
            join(kind, seats)

    def test_has_the_limits_of_a_booking(self) -> None:
        kind, _booking = sold_out(seats=3, max_per_booking=3)
        TicketType.objects.update(max_per_booking=2)

        with pytest.raises(LimitPerBooking):
            join(kind, 3)

    def test_happens_once_per_person_and_not_beside_a_booking(self) -> None:
        kind, booking = sold_out()
        entry = join(kind)

        with pytest.raises(AlreadyWaiting):
            join(kind, user=entry.user)
        with pytest.raises(AlreadyBooked):
            join(kind, user=booking.user)

    def test_is_refused_for_a_cancelled_event(self) -> None:
        kind, _booking = sold_out()
        Event.objects.update(status="cancelled", status_reason="storm")

        with pytest.raises(EventCancelled):
            join(kind)


class TestOffer:
    def test_comes_with_a_cancellation_in_the_same_transaction(self) -> None:
        kind, booking = sold_out()
        entry = join(kind, 2)

        cancel(booking)

        assert statuses(entry) == ["offered"]
        offered = Booking.objects.get(id=entry.booking_id)
        assert (offered.status, offered.user_id, offered.is_offer) == ("held", entry.user_id, True)
        assert offered.hold_expires_at - entry.offered_at == OFFER_FOR
        assert (seats_of(kind), drift()) == ((2, 0), [])
        assert OutboxRow.objects.filter(wire_type="bookings.booking.offered.v1", key=str(offered.id)).count() == 1

    def test_comes_with_an_expired_hold(self) -> None:
        kind = make_ticket_type(capacity=1)
        hold(ticket_type=kind, now=timezone.now() - HOLD)
        entry = join(kind)

        expire_holds(now=timezone.now())

        assert (statuses(entry), seats_of(kind)) == (["offered"], (1, 0))

    def test_comes_with_a_change_to_fewer_seats(self) -> None:
        kind, booking = sold_out()
        entry = join(kind)

        with use_case():
            change_booking(
                user_id=booking.user_id,
                booking_id=booking.id,
                quantities={kind.id: 1},
                hold_for=HOLD,
                now=timezone.now(),
            )

        assert (statuses(entry), seats_of(kind), drift()) == (["offered"], (1, 1), [])

    def test_comes_with_a_move_to_another_event(self) -> None:
        kind, booking = sold_out()
        entry = join(kind, 2)

        move_away(booking)

        assert (statuses(entry), seats_of(kind), drift()) == (["offered"], (2, 0), [])

    def test_passes_a_party_that_does_not_fit_to_a_later_one(self) -> None:
        kind = make_ticket_type(capacity=3)
        small, _large = confirm(ticket_type=kind, seats=1), confirm(ticket_type=kind, seats=2)
        entries = [join(kind, seats, now=timezone.now() + timedelta(seconds=seats)) for seats in (2, 3)]
        later = join(kind, 1, now=timezone.now() + timedelta(minutes=1))

        cancel(small)

        assert statuses(*entries, later) == ["waiting", "waiting", "offered"]

    def test_goes_to_several_parties_in_their_order(self) -> None:
        kind, booking = sold_out(seats=3)
        entries = [join(kind, now=timezone.now() + timedelta(seconds=number)) for number in range(4)]

        cancel(booking)

        assert statuses(*entries) == ["offered", "offered", "offered", "waiting"]
        assert (seats_of(kind), drift()) == ((3, 0), [])

    def test_passes_on_when_nobody_takes_it(self) -> None:
        kind, booking = sold_out(seats=1)
        first, second = join(kind), join(kind)
        cancel(booking)

        expire_holds(now=timezone.now() + OFFER_FOR)

        assert (statuses(first, second), seats_of(kind), drift()) == (["done", "offered"], (1, 0), [])

    def test_is_a_booking_once_it_is_paid(self) -> None:
        kind, booking = sold_out(seats=1)
        entry = join(kind)
        cancel(booking)
        entry.refresh_from_db()

        settle(make_payment(booking=entry.booking))

        assert (statuses(entry), seats_of(kind), drift()) == (["done"], (0, 1), [])

    def test_keeps_the_capacity_of_the_event(self) -> None:
        event = make_event(capacity=2)
        one, other = make_ticket_type(event=event), make_ticket_type(event=event)
        booking = confirm(event=event, quantities={one.id: 1, other.id: 1})
        entries = [join(kind) for kind in (one, other, one)]

        cancel(booking)

        assert statuses(*entries) == ["offered", "offered", "waiting"]
        assert (seats_of(event), drift()) == ((2, 0), [])

    def test_goes_to_nobody_who_has_a_booking_meanwhile(self) -> None:
        kind, booking = sold_out(seats=1)
        entry, next_one = join(kind), join(kind)
        Event.objects.update(capacity=None)
        Booking.objects.filter(id=hold(ticket_type=make_ticket_type(event=kind.event)).id).update(user=entry.user)

        cancel(booking)

        assert statuses(entry, next_one) == ["waiting", "offered"]

    @pytest.mark.parametrize("status", ["suspended", "cancelled"])
    def test_is_not_made_for_an_event_that_does_not_sell(self, status: str) -> None:
        kind, booking = sold_out()
        entry = join(kind)
        Event.objects.update(status=status, status_reason="storm")

        cancel(booking)

        assert (statuses(entry), seats_of(kind)) == (["waiting"], (0, 0))

    def test_is_made_by_the_sweep_when_capacity_was_raised(self) -> None:
        kind, _booking = sold_out()
        entry = join(kind)
        TicketType.objects.update(capacity=3)

        assert [serve_waiting_lists(now=timezone.now()) for _ in range(2)] == [1, 0]

        assert (statuses(entry), drift()) == (["offered"], [])

    @pytest.mark.parametrize("said", ["wave", "Wave"])
    def test_of_hidden_seats_is_made_to_who_has_said_their_access_code(self, said: str) -> None:
        kind, booking = sold_out()
        TicketType.objects.update(access_code="wave")
        with use_case():
            entry = join_waiting_list(
                user_id=make_user().id,
                event_id=kind.event_id,
                quantities={kind.id: 1},
                access_code=said,
                now=timezone.now(),
            )

        cancel(booking)

        assert statuses(entry) == ["offered"]

    @pytest.mark.parametrize("people", [1, 3])
    def test_is_not_tried_for_each_one_while_nothing_is_sold(self, people: int, django_assert_num_queries: Any) -> None:
        kind, _booking = sold_out()
        entries = [join(kind) for _ in range(people)]
        now = timezone.now()
        TicketType.objects.update(capacity=9, sale_closes_at=now)

        # The list, the transaction around, the event's row, and whoever comes first.
        with django_assert_num_queries(5):
            offered = serve_waiting_lists(now=now)

        assert (offered, statuses(*entries)) == (0, ["waiting"] * people)

    def test_of_seats_that_cost_nothing_is_accepted_without_a_payment(self) -> None:
        kind, booking = sold_out(seats=1, price=Decimal(0))
        entry = join(kind)
        cancel(booking)
        entry.refresh_from_db()

        with use_case():
            accept_offer(user_id=entry.user_id, booking_id=entry.booking_id, now=timezone.now())

        assert (statuses(entry), seats_of(kind), drift()) == (["done"], (0, 1), [])

    def test_of_seats_that_cost_something_is_not(self) -> None:
        booking = hold()

        with pytest.raises(PaymentNeeded), use_case():
            accept_offer(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

    def test_is_not_accepted_after_its_time(self) -> None:
        kind, booking = sold_out(seats=1, price=Decimal(0))
        entry = join(kind)
        cancel(booking)
        entry.refresh_from_db()

        with pytest.raises(HoldExpired), use_case():
            accept_offer(user_id=entry.user_id, booking_id=entry.booking_id, now=timezone.now() + OFFER_FOR)


class TestLeave:
    def test_gives_the_place_up(self) -> None:
        kind, _booking = sold_out()
        first, second = join(kind), join(kind)

        with use_case():
            leave_waiting_list(user_id=first.user_id, event_id=kind.event_id, now=timezone.now())

        assert (statuses(first), get_position(entry=first), get_position(entry=second)) == (["left"], None, 1)
        with pytest.raises(NotFound), use_case():
            leave_waiting_list(user_id=first.user_id, event_id=kind.event_id, now=timezone.now())

    def test_gives_an_offer_to_the_next(self) -> None:
        kind, booking = sold_out(seats=1)
        first, second = join(kind), join(kind)
        cancel(booking)

        with use_case():
            leave_waiting_list(user_id=first.user_id, event_id=kind.event_id, now=timezone.now())

        assert (statuses(first, second), seats_of(kind), drift()) == (["done", "offered"], (1, 0), [])

    def test_leaves_alone_what_was_paid_while_it_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind, booking = sold_out(seats=1)
        entry = join(kind)
        cancel(booking)
        entry.refresh_from_db()
        settle(make_payment(booking=Booking.objects.get(id=entry.booking_id)))
        monkeypatch.setattr("bookings.services.leave_waiting_list.get_waiting_entry", lambda **_: entry)

        with pytest.raises(NotFound), use_case():
            leave_waiting_list(user_id=entry.user_id, event_id=kind.event_id, now=timezone.now())

        assert Booking.objects.get(id=entry.booking_id).status == "confirmed"

    def test_is_done_for_everybody_when_the_event_is_cancelled(self) -> None:
        kind, booking = sold_out()
        entry = join(kind)
        Event.objects.update(status="cancelled", status_reason="storm")
        with use_case():
            order_event_cancellation(event_id=kind.event_id, reason="storm", now=timezone.now())

        cancel_event_bookings(event_id=kind.event_id, clock=timezone.now)

        booking.refresh_from_db()
        assert (statuses(entry), booking.status) == (["left"], "cancelled")
        with use_case():
            assert close_waiting_list(event_id=kind.event_id, now=timezone.now()) == 0


@pytest.mark.parametrize("free", [free_held_seats, free_sold_seats])
def test_seats_are_freed_in_a_transaction_only(free: Any) -> None:
    with pytest.raises(NoTransaction):
        free(event_id=uuid.uuid4(), quantities={}, now=timezone.now())
