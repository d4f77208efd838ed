"""What is put together by hand says what its serializer says."""

from decimal import Decimal

import pytest
from django.utils import timezone, translation
from rest_framework.renderers import JSONRenderer

from bookings.api.bookings_by_hand import booking_as_json
from bookings.api.serializers import BookingSerializer
from bookings.models import Booking
from bookings.services.cancel_booking import cancel_booking
from bookings.services.quote_seats import Wish
from common.transactions import use_case
from tests.bookings.points import PointsInMemory, purse
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold
from tests.factories.events import make_event, make_promo_code, make_ticket_type

__all__ = ["purse"]

pytestmark = pytest.mark.django_db


def held() -> Booking:
    event = make_event()
    kinds = [make_ticket_type(event=event, price=Decimal(price)) for price in ("0.10", "1500")]
    return hold(event=event, quantities={one.id: 3 for one in kinds})


def cheaper() -> Booking:
    kind = make_ticket_type(price=Decimal("999.99"))
    make_promo_code(event=kind.event, code="TEN")
    wish = Wish(promo_code="TEN", points=Decimal("100.50"))
    return hold(ticket_type=kind, user=make_user(), wish=wish)


def free() -> Booking:
    return hold(ticket_type=make_ticket_type(price=Decimal(0)))


def cancelled() -> Booking:
    booking = confirm()
    with use_case():
        cancel_booking(user_id=booking.user_id, booking_id=booking.id, now=timezone.now())
    return booking


@pytest.mark.parametrize("make", [held, cheaper, free, confirm, cancelled])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_equals_the_serializer(make: object, language: str, purse: PointsInMemory) -> None:
    booking = Booking.objects.told().get(id=make().id)  # type: ignore[operator]

    with translation.override(language):
        render = JSONRenderer().render
        assert render(booking_as_json(booking)) == render(BookingSerializer(booking).data)
