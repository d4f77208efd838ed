from typing import Any

import pytest
from django.utils import timezone

from bookings.management.demo import load_demo
from bookings.models import Booking, Ticket
from bookings.selectors import attended_event
from bookings.services.check_seats import check_seats
from common.transactions import use_case
from events.models import Event, TicketType
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


@pytest.fixture
def known() -> dict[str, Any]:
    past = timezone.now() - timezone.timedelta(days=30)
    long_past = make_event(starts_at=past, status="finished")
    make_ticket_type(event=long_past)
    make_ticket_type(event=make_event(starts_at=past + timezone.timedelta(days=1), status="finished"))
    sizes = {capacity: make_ticket_type(event=make_event(), capacity=capacity).event for capacity in (40, 50, 60, 70)}
    make_ticket_type(event=sizes[60], capacity=20)
    bookable = make_ticket_type(capacity=5).event
    return {
        "accounts": {role: {"id": str(make_user().id)} for role in ("user", "user2")},
        "demo_organizer_id": str(long_past.organizer_id),
        "demo_people": [str(make_user().id) for _ in range(40)],
        "demo_events": {
            "bookable": str(bookable.id),
            "soldout": str(sizes[60].id),
            "few": str(sizes[50].id),
        },
    }


def run(known: dict[str, Any]) -> dict[str, Any]:
    with use_case():
        return load_demo(known)


class TestLoadDemo:
    def test_is_the_same_on_each_run(self, known: dict[str, Any]) -> None:
        first = run(known)
        rows = Booking.objects.count(), Ticket.objects.count()

        second = run(known)

        assert first == second
        assert rows == (Booking.objects.count(), Ticket.objects.count())

    def test_lets_the_user_have_been_somewhere_and_go_somewhere(self, known: dict[str, Any]) -> None:
        told = run(known)

        user = known["accounts"]["user"]["id"]
        assert attended_event(user_id=user, event_id=told["demo_attended_event"])
        assert str(Event.objects.get(id=told["demo_attended_event"]).organizer_id) == known["demo_organizer_id"]
        assert Booking.objects.filter(user_id=user, status="confirmed").count() == 2

    def test_sells_one_event_out_and_nearly_another(self, known: dict[str, Any]) -> None:
        run(known)

        def left(role: str) -> list[int]:
            types = TicketType.objects.filter(event_id=known["demo_events"][role])
            return [one.capacity - one.sold for one in types.order_by("capacity")]

        booked = Booking.objects.filter(event_id=known["demo_events"]["soldout"], status="confirmed")
        assert (left("soldout"), left("few")) == ([0, 0], [2])
        assert sum(one.seats for one in booked) == 80

    def test_keeps_the_seats_of_events_that_others_need(self, known: dict[str, Any]) -> None:
        run(known)

        crowd = Booking.objects.filter(event_id=known["demo_events"]["bookable"])
        assert sum(one.seats for one in crowd) <= 3

    def test_leaves_the_counters_right(self, known: dict[str, Any]) -> None:
        run(known)

        with use_case():
            assert check_seats(now=timezone.now()) == []
