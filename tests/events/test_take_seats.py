import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from common.problems import InvalidInput, NotFound
from common.transactions import NoTransaction, use_case
from events.models import Event, EventAccess
from events.services.check_sale import EventCancelled, LimitPerBooking, NotOnSale, check_sale
from events.services.grant_access import grant_access
from events.services.move_seats import SeatCountersDrifted
from events.services.release_seats import release_seats
from events.services.return_seats import return_seats
from events.services.sell_seats import sell_seats
from events.services.take_seats import SeatsSoldOut, take_seats
from events.services.withdraw_access import withdraw_access
from tests.factories.accounts import make_user
from tests.factories.bookings import seats_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def take(event: Event, **quantities: int) -> None:
    with use_case():
        take_seats(event_id=event.id, quantities={uuid.UUID(key): n for key, n in quantities.items()})


class TestTakeSeats:
    def test_moves_seats_from_free_to_held(self) -> None:
        event = make_event(capacity=10)
        kind = make_ticket_type(event=event, capacity=5)

        take(event, **{str(kind.id): 3})

        assert seats_of(kind) == (3, 0)
        assert seats_of(event) == (3, 0)

    def test_takes_the_last_seat_and_not_one_more(self) -> None:
        event = make_event()
        kind = make_ticket_type(event=event, capacity=2)

        take(event, **{str(kind.id): 2})
        with pytest.raises(SeatsSoldOut) as refusal:
            take(event, **{str(kind.id): 1})

        assert refusal.value.extra["left"] == {str(kind.id): 0}
        assert seats_of(kind) == (2, 0)

    def test_takes_all_types_or_none(self) -> None:
        event = make_event()
        full, roomy = make_ticket_type(event=event, capacity=1), make_ticket_type(event=event, capacity=5)

        with pytest.raises(SeatsSoldOut) as refusal:
            take(event, **{str(roomy.id): 2, str(full.id): 2})

        assert refusal.value.extra["left"] == {str(full.id): 1, str(roomy.id): 5}
        assert (seats_of(full), seats_of(roomy), seats_of(event)) == ((0, 0), (0, 0), (0, 0))

    def test_keeps_the_capacity_of_the_whole_event(self) -> None:
        event = make_event(capacity=3)
        one, other = make_ticket_type(event=event, capacity=10), make_ticket_type(event=event, capacity=10)
        take(event, **{str(one.id): 2})

        with pytest.raises(SeatsSoldOut) as refusal:
            take(event, **{str(other.id): 2})

        assert refusal.value.extra["left"] == {str(other.id): 1}

    @pytest.mark.parametrize(
        ("status", "refusal"),
        [("cancelled", EventCancelled), ("suspended", NotOnSale), ("finished", NotOnSale)],
    )
    def test_refuses_an_event_that_does_not_sell(self, status: str, refusal: type[Exception]) -> None:
        event = make_event()
        kind = make_ticket_type(event=event)
        Event.objects.filter(id=event.id).update(status=status, status_reason="storm")

        with pytest.raises(refusal):
            take(event, **{str(kind.id): 1})

        assert seats_of(kind) == (0, 0)

    def test_refuses_a_type_of_another_event(self) -> None:
        event, foreign = make_event(), make_ticket_type()

        with pytest.raises(SeatsSoldOut):
            take(event, **{str(foreign.id): 1})

        assert seats_of(foreign) == (0, 0)

    def test_runs_in_a_transaction_only(self) -> None:
        with pytest.raises(NoTransaction):
            take_seats(event_id=uuid.uuid4(), quantities={})


class TestMoveSeats:
    @pytest.mark.parametrize(
        ("move", "before", "after"),
        [(release_seats, (3, 1), (1, 1)), (sell_seats, (3, 1), (1, 3)), (return_seats, (1, 3), (1, 1))],
    )
    def test_moves_seats_of_the_type_and_the_event(
        self, move: object, before: tuple[int, int], after: tuple[int, int]
    ) -> None:
        held, sold = before
        event = make_event(held=held, sold=sold)
        kind = make_ticket_type(event=event, held=held, sold=sold)

        with use_case():
            move(event_id=event.id, quantities={kind.id: 2})  # type: ignore[operator]

        assert seats_of(kind) == after
        assert seats_of(event) == after

    @pytest.mark.parametrize("move", [release_seats, sell_seats, return_seats])
    def test_stops_when_the_seats_are_not_there(self, move: object) -> None:
        kind = make_ticket_type(held=1, sold=1)
        Event.objects.filter(id=kind.event_id).update(held=5, sold=5)

        with pytest.raises(SeatCountersDrifted), use_case():
            move(event_id=kind.event_id, quantities={kind.id: 2})  # type: ignore[operator]

        assert seats_of(kind) == (1, 1)


class TestCapacityConstraints:
    def test_the_database_refuses_an_oversold_type(self) -> None:
        with pytest.raises(IntegrityError, match="events_ticket_type_within_capacity"):
            make_ticket_type(capacity=1, held=1, sold=1)

    def test_the_database_refuses_an_oversold_event(self) -> None:
        with pytest.raises(IntegrityError, match="events_event_within_capacity"):
            make_event(capacity=1, held=1, sold=1)


class TestCheckSale:
    def test_knows_a_type_behind_a_code_by_that_code_only(self) -> None:
        kind = make_ticket_type(access_code="wave")

        def asked(code: str) -> None:
            check_sale(event_id=kind.event_id, quantities={kind.id: 1}, now=timezone.now(), access_code=code)

        for right in ("wave", "Wave", "WAVE"):
            asked(right)
        for wrong in ("", "wav_", "%", "storm"):
            with pytest.raises(InvalidInput):
                asked(wrong)

    def test_returns_the_wanted_types_in_id_order(self) -> None:
        event = make_event()
        kinds = [make_ticket_type(event=event) for _ in range(3)]
        now = timezone.now()

        sale = check_sale(event_id=event.id, quantities={one.id: 2 for one in reversed(kinds)}, now=now)

        assert sale.event == event
        assert sale.lines == tuple((one, 2) for one in sorted(kinds, key=lambda one: one.id))

    def test_closes_when_the_event_starts(self) -> None:
        event = make_event()
        kind = make_ticket_type(event=event)

        check_sale(event_id=event.id, quantities={kind.id: 1}, now=event.starts_at - timedelta(seconds=1))
        with pytest.raises(NotOnSale) as refusal:
            check_sale(event_id=event.id, quantities={kind.id: 1}, now=event.starts_at)

        assert refusal.value.extra["closes_at"] == event.starts_at

    def test_says_when_sales_open(self) -> None:
        now = timezone.now()
        kind = make_ticket_type(sale_opens_at=now + timedelta(hours=1))

        with pytest.raises(NotOnSale) as refusal:
            check_sale(event_id=kind.event_id, quantities={kind.id: 1}, now=now)

        assert refusal.value.extra["opens_at"] == kind.sale_opens_at

    @pytest.mark.parametrize("seats", [1, 5])
    def test_keeps_the_limits_of_one_booking(self, seats: int) -> None:
        kind = make_ticket_type(min_per_booking=2, max_per_booking=4)

        with pytest.raises(LimitPerBooking) as refusal:
            check_sale(event_id=kind.event_id, quantities={kind.id: seats}, now=timezone.now())

        assert (refusal.value.extra["minimum"], refusal.value.extra["maximum"]) == (2, 4)

    def test_refuses_a_foreign_type_and_an_empty_wish(self) -> None:
        event, foreign = make_event(), make_ticket_type()

        for wish in ({foreign.id: 1}, {}):
            with pytest.raises(InvalidInput):
                check_sale(event_id=event.id, quantities=wish, now=timezone.now())

    @pytest.mark.parametrize("status", ["draft", "suspended"])
    def test_hides_what_is_not_shown(self, status: str) -> None:
        kind = make_ticket_type()
        Event.objects.filter(id=kind.event_id).update(status=status, status_reason="checks")

        with pytest.raises(NotFound):
            check_sale(event_id=kind.event_id, quantities={kind.id: 1}, now=timezone.now())

    def test_says_that_the_event_is_cancelled(self) -> None:
        kind = make_ticket_type()
        Event.objects.filter(id=kind.event_id).update(status="cancelled", status_reason="storm")

        with pytest.raises(EventCancelled):
            check_sale(event_id=kind.event_id, quantities={kind.id: 1}, now=timezone.now())


class TestAccess:
    def test_is_granted_once_and_withdrawn(self) -> None:
        user, event = make_user(), make_event()

        with use_case():
            grant_access(user_id=user.id, event_id=event.id)
            grant_access(user_id=user.id, event_id=event.id)
        granted = EventAccess.objects.filter(user=user, event=event).count()
        with use_case():
            withdraw_access(user_id=user.id, event_id=event.id)

        assert granted == 1
        assert not EventAccess.objects.filter(user=user, event=event).exists()
