import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, BookingChange, Payment, Refund, Ticket
from bookings.services.apply_change import apply_paid_change
from bookings.services.cancel_booking import CancellationClosed, cancel_booking
from bookings.services.change_booking import ChangeInProgress, change_booking
from bookings.services.change_status import InvalidTransition
from bookings.services.check_seats import check_seats
from bookings.services.end_change import expire_changes
from bookings.services.grant_refund import grant_refund
from bookings.services.quote_change import NothingToChange, quote_change
from bookings.services.quote_seats import Wish
from bus.models import OutboxRow
from common.problems import InvalidInput, NotFound, StaleVersion
from common.transactions import use_case
from events.models import Event, TicketType
from events.services.check_sale import LimitPerBooking
from events.services.take_seats import SeatsSoldOut
from tests.bookings.points import PointsInMemory, purse
from tests.bookings.test_check_in_ticket import scan
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle, tickets_of
from tests.factories.events import make_event, make_promo_code, make_ticket_type

__all__ = ["purse"]

pytestmark = pytest.mark.django_db

HALF = {"bands": [{"hours_before": 24, "percent": 50}], "fee": "5"}


def change(booking: Booking, quantities: dict[uuid.UUID, int], **fields: Any) -> Booking:
    fields.setdefault("now", timezone.now())
    fields.setdefault("user_id", booking.user_id)
    with use_case():
        return change_booking(booking_id=booking.id, quantities=quantities, hold_for=HOLD, **fields)


def two_kinds(**event: Any) -> tuple[TicketType, TicketType]:
    """A cheap one at 1,000 and a dear one at 1,500."""
    of = make_event(**event)
    return make_ticket_type(event=of), make_ticket_type(event=of, price=Decimal(1500))


def drift() -> list[Any]:
    with use_case():
        return check_seats(now=timezone.now())


def valid_tickets(booking: Booking) -> int:
    return Ticket.objects.of_booking(booking.id).valid().count()


class TestChangeToTooMuch:
    def test_refuses_what_costs_more_than_can_be_written_down(self) -> None:
        cheap = make_ticket_type()
        dear = make_ticket_type(event=cheap.event, price=Decimal("9999999999.99"))
        booking = confirm(ticket_type=cheap)

        with pytest.raises(InvalidInput) as refusal:
            change(booking, {cheap.id: 1, dear.id: 1})

        assert [(one.pointer, one.code) for one in refusal.value.errors] == [("/items", "too_much")]


class TestChangeOfWhatIsNotConfirmed:
    def test_is_refused_with_what_the_booking_allows(self) -> None:
        booking = hold()

        with pytest.raises(InvalidTransition) as refusal:
            change(booking, {next(iter(booking.quantities)): 2})

        assert refusal.value.extra["booking_status"] == "held"
        assert refusal.value.extra["allowed"] == ["confirm", "expire", "cancel", "call_off"]


class TestChangeToLess:
    def test_is_done_at_once_and_the_policys_share_of_the_difference_comes_back(self) -> None:
        kind = make_ticket_type(event=make_event(refund_policy=HALF))
        booking = confirm(ticket_type=kind, seats=3)

        changed = change(booking, {kind.id: 1})

        assert (changed.seats, changed.amount, changed.version) == (1, Decimal(1000), booking.version + 1)
        assert [(one.amount, one.reason) for one in Refund.objects.all()] == [(Decimal(1000), "changed")]
        assert (seats_of(kind), valid_tickets(booking), drift()) == ((0, 1), 1, [])
        assert OutboxRow.objects.filter(wire_type="bookings.booking.changed.v1").count() == 1

    def test_is_what_a_later_cancellation_goes_by(self) -> None:
        kind = make_ticket_type(event=make_event(refund_policy=HALF))
        booking = confirm(ticket_type=kind, seats=3)
        change(booking, {kind.id: 1})

        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

        assert [one.amount for one in Refund.objects.order_by("id")] == [Decimal(1000), Decimal(495)]

    def test_keeps_the_price_at_which_the_seats_were_booked(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind, seats=2)
        TicketType.objects.update(price=Decimal(9000))

        assert change(booking, {kind.id: 1}).amount == Decimal(1000)

    def test_gives_points_back_that_the_new_price_has_no_use_for(self, purse: PointsInMemory) -> None:
        event = make_event(refund_policy={"bands": [{"hours_before": 24, "percent": 100}]})
        dear = make_ticket_type(event=event, price=Decimal(1000))
        cheap = make_ticket_type(event=event, price=Decimal(100))
        booking = confirm(ticket_type=dear, wish=Wish(points=Decimal(500)))

        changed = change(booking, {cheap.id: 1})

        assert (changed.amount, changed.points_worth, changed.points_returned) == (Decimal(0), 100, 400)
        assert purse.balance(booking.user_id) == Decimal(400)
        assert Refund.objects.get().amount == Decimal(500)

    def test_lets_the_promo_code_count_on(self) -> None:
        kind = make_ticket_type()
        make_promo_code(event=kind.event, code="TEN", value=Decimal(10))
        booking = confirm(ticket_type=kind, seats=2, wish=Wish(promo_code="TEN"))

        changed = change(booking, {kind.id: 1})

        assert (changed.amount, changed.discount) == (Decimal(900), Decimal(100))
        booking.promo_code.refresh_from_db()
        assert booking.promo_code.used == 1

    @pytest.mark.parametrize(("given_before", "comes_back"), [(Decimal(1500), Decimal(500)), (Decimal(2000), None)])
    def test_gives_back_no_more_than_is_left_of_what_was_paid(
        self, given_before: Decimal, comes_back: Decimal | None
    ) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind, seats=2)
        with use_case():
            grant_refund(
                administrator_id=make_user().id,
                booking_id=booking.id,
                amount=given_before,
                reason="Rain",
                now=timezone.now(),
            )

        changed = change(booking, {kind.id: 1})

        assert changed.seats == 1
        assert Refund.objects.filter(reason="changed").values_list("amount", flat=True).first() == comes_back


class TestSwap:
    def test_needs_no_free_seat_of_the_event_when_it_costs_no_more(self) -> None:
        event = make_event(capacity=2)
        one, other = make_ticket_type(event=event), make_ticket_type(event=event)
        booking = confirm(event=event, quantities={one.id: 2})

        changed = change(booking, {other.id: 2})

        assert changed.quantities == {other.id: 2}
        assert (seats_of(one), seats_of(other), seats_of(event), drift()) == ((0, 0), (0, 2), (0, 2), [])

    def test_loses_nothing_when_the_new_seats_are_gone(self) -> None:
        event = make_event()
        one, other = make_ticket_type(event=event), make_ticket_type(event=event, capacity=1)
        hold(ticket_type=other)
        booking = confirm(ticket_type=one, seats=2)
        codes = {ticket.code for ticket in tickets_of(booking)}

        with pytest.raises(SeatsSoldOut):
            change(booking, {other.id: 2})

        booking.refresh_from_db()
        assert (booking.quantities, seats_of(one), seats_of(other)) == ({one.id: 2}, (0, 2), (1, 0))
        assert {ticket.code for ticket in Ticket.objects.of_booking(booking.id).valid()} == codes
        assert not Refund.objects.exists()


class TestChangeToMore:
    def test_holds_what_comes_on_top_and_leaves_the_booking_as_it_was(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)

        changed = change(booking, {cheap.id: 1, dear.id: 2})

        assert (changed.seats, changed.amount, changed.quantities) == (1, Decimal(1000), {cheap.id: 1})
        assert BookingChange.objects.get().amount == Decimal(3000)
        assert (seats_of(cheap), seats_of(dear), drift()) == ((0, 1), (2, 0), [])

    def test_is_done_when_the_difference_is_paid(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)
        change(booking, {dear.id: 1})
        open_change = BookingChange.objects.get()

        settle(make_payment(booking=booking, change=open_change, amount=open_change.amount))

        booking = Booking.objects.told().get(id=booking.id)
        assert (booking.amount, booking.quantities, valid_tickets(booking)) == (Decimal(1500), {dear.id: 1}, 1)
        assert (seats_of(cheap), seats_of(dear), drift()) == ((0, 0), (0, 1), [])
        told = json.loads(OutboxRow.objects.get(wire_type="bookings.booking.changed.v1").payload)
        assert (told["amount"], told["paid"], told["refund"]) == ("1500.00", str(open_change.amount), "0")

    def test_is_forgotten_when_nobody_pays(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)
        change(booking, {dear.id: 1}, now=timezone.now() - HOLD)

        assert [expire_changes(now=timezone.now()) for _ in range(2)] == [1, 0]

        booking = Booking.objects.told().get(id=booking.id)
        assert (booking.status, booking.quantities) == ("confirmed", {cheap.id: 1})
        assert (seats_of(cheap), seats_of(dear), drift()) == ((0, 1), (0, 0), [])

    def test_gives_a_payment_back_that_comes_after_that(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)
        change(booking, {dear.id: 1}, now=timezone.now() - HOLD)
        open_change = BookingChange.objects.get()
        payment = make_payment(booking=booking, change=open_change, amount=open_change.amount)
        expire_changes(now=timezone.now())

        settle(payment)

        assert [(one.amount, one.reason) for one in Refund.objects.all()] == [(Decimal(500), "late_payment")]
        assert Booking.objects.get(id=booking.id).amount == Decimal(1000)

    def test_is_not_done_after_the_old_ticket_has_let_somebody_in(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)
        change(booking, {dear.id: 1})
        open_change = BookingChange.objects.get()
        payment = make_payment(booking=booking, change=open_change, amount=open_change.amount)
        [ticket] = tickets_of(booking)
        scan(booking, ticket.door_code)

        settle(payment)
        expire_changes(now=timezone.now() + 2 * HOLD)

        assert [one.id for one in Ticket.objects.of_booking(booking.id).valid()] == [ticket.id]
        assert [(one.amount, one.reason) for one in Refund.objects.all()] == [(Decimal(500), "late_payment")]
        assert (seats_of(cheap), seats_of(dear), drift()) == ((0, 1), (0, 0), [])

    def test_that_cannot_be_ended_stops_no_other(self) -> None:
        broken, fine = two_kinds(), two_kinds()
        long_ago = timezone.now() - 2 * HOLD
        change(confirm(ticket_type=broken[0]), {broken[1].id: 1}, now=long_ago)
        change(confirm(ticket_type=fine[0]), {fine[1].id: 1}, now=timezone.now() - HOLD)
        Event.objects.filter(id=broken[0].event_id).update(held=0)

        ended = expire_changes(now=timezone.now())

        assert ended == 1
        assert seats_of(fine[1]) == (0, 0)

    def test_ends_with_the_booking(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)
        change(booking, {dear.id: 1})

        with use_case():
            cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())

        assert BookingChange.objects.get().status == "ended"
        assert (seats_of(cheap), seats_of(dear), drift()) == ((0, 0), (0, 0), [])
        assert Refund.objects.get().amount == Decimal(1000)

    def test_is_applied_once(self) -> None:
        cheap, dear = two_kinds()
        change(confirm(ticket_type=cheap), {dear.id: 1})
        change_id = BookingChange.objects.get().id

        done = []
        for _ in range(2):
            with use_case():
                done.append(apply_paid_change(change_id=change_id, now=timezone.now()))

        assert done == [True, False]

    def test_waits_for_one_payment_at_a_time(self) -> None:
        cheap, dear = two_kinds()
        booking = confirm(ticket_type=cheap)
        change(booking, {dear.id: 1})

        with pytest.raises(ChangeInProgress):
            change(booking, {dear.id: 2})


class TestRefusals:
    def test_for_who_wants_what_they_have(self) -> None:
        booking = confirm()

        with pytest.raises(NothingToChange):
            quote_change(booking=booking, quantities=booking.quantities, now=timezone.now())

    def test_for_somebody_elses_booking(self) -> None:
        booking = confirm()

        with pytest.raises(NotFound):
            change(booking, {uuid.uuid4(): 1}, user_id=make_user().id)

    def test_for_a_hold(self) -> None:
        booking = hold(seats=2)

        with pytest.raises(InvalidTransition):
            change(booking, dict.fromkeys(booking.quantities, 1))

    def test_after_the_limit(self) -> None:
        booking = confirm(ticket_type=make_ticket_type(event=make_event(starts_at=timezone.now() + timedelta(hours=9))))

        with pytest.raises(CancellationClosed):
            change(booking, dict.fromkeys(booking.quantities, 2))

    def test_until_the_limit_of_an_event_that_was_moved(self) -> None:
        booking = confirm(
            ticket_type=make_ticket_type(event=make_event(starts_at=timezone.now() + timedelta(hours=9))), seats=2
        )
        Event.objects.update(
            rescheduled_at=timezone.now() + timedelta(seconds=5),
            free_cancellation_until=timezone.now() + timedelta(hours=5),
        )

        changed = change(booking, dict.fromkeys(booking.quantities, 1))

        assert (changed.seats, Refund.objects.get().amount) == (1, Decimal(1000))

    def test_for_more_than_one_booking_may_have(self) -> None:
        kind = make_ticket_type(max_per_booking=2)

        with pytest.raises(LimitPerBooking):
            change(confirm(ticket_type=kind), {kind.id: 3})

    def test_for_a_stale_version(self) -> None:
        kind = make_ticket_type()

        with pytest.raises(StaleVersion):
            change(confirm(ticket_type=kind), {kind.id: 2}, version=99)


def test_a_payment_of_a_change_pays_for_nothing_else() -> None:
    cheap, dear = two_kinds()
    booking = confirm(ticket_type=cheap)
    change(booking, {dear.id: 1})
    open_change = BookingChange.objects.get()
    payment = make_payment(booking=booking, change=open_change, amount=open_change.amount)

    settle(payment)
    settle(payment)

    assert Payment.objects.succeeded().count() == 2
    assert not Refund.objects.exists()
