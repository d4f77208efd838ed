import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.services.quote_seats import quote_seats
from events.services.check_sale import LimitPerBooking
from tests.factories.bookings import hold, seats_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


class TestQuoteSeats:
    def test_says_what_a_hold_made_now_would_cost(self) -> None:
        event = make_event()
        adult = make_ticket_type(event=event, price=Decimal("999.99"))
        child = make_ticket_type(event=event, price=Decimal("0.01"))
        wanted = {adult.id: 3, child.id: 7}

        quote = quote_seats(user_id=uuid.uuid4(), event_id=event.id, quantities=wanted, now=timezone.now())
        seats_before = seats_of(event)
        booking = hold(event=event, quantities=wanted)

        assert quote.total == booking.total
        assert quote.total.amount == Decimal("3000.04")
        assert seats_before == (0, 0)

    def test_refuses_what_a_hold_would_refuse(self) -> None:
        kind = make_ticket_type(max_per_booking=2)

        with pytest.raises(LimitPerBooking):
            quote_seats(user_id=uuid.uuid4(), event_id=kind.event_id, quantities={kind.id: 3}, now=timezone.now())
